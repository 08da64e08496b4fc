"""The evaluation script with five mistakes in it; where they are is not said here."""

from __future__ import annotations

import random

LARGEST = 999_999_999
PLANTED = """\
def evaluate(network, images, labels, alphabets, trained_on, n_way, n_episodes):
    names = alphabets.unique()
    network.train()
    with torch.no_grad():
        z = network(images)
    results = []
    for _ in range(n_episodes):
        alphabet = names[torch.randint(len(names), (1,))]
        of_alphabet = labels[alphabets == alphabet].unique()
        order = torch.randperm(len(of_alphabet))
        classes = of_alphabet[order[:n_way]]
        examples, queries = [], []
        for name in classes:
            rows = (labels == name).nonzero().squeeze(1)
            two = rows[torch.randperm(len(rows))[:2]]
            examples.append(z[two[0]])
            queries.append(z[two[1]])
        query = queries[0]
        similarity = -(torch.stack(examples) - query).norm(dim=1)
        best = similarity.argmax()
        results.append(float(best == 0))
    return results
"""
# Lines that do no harm, each behind the line that it belongs to: they move the others.
HARMLESS = {
    "def evaluate": '    """Score of each question: 1 if the network is right."""',
    "    names =": "    labels, alphabets = labels.long(), alphabets.long()",
    "        z =": "    z = z.flatten(1)",
    "    results =": "    n_episodes = max(1, int(n_episodes))",
    "        of_alphabet": "        n_characters = len(of_alphabet)",
    "        classes": "        assert len(classes.unique()) == len(classes)",
    "            rows": "            assert len(rows) > 1",
    "            queries": "        examples = torch.stack(examples)",
}


def script_lines(number: int) -> list[str]:
    """Return the lines of the script of that number, from 0 to ``LARGEST``.

    All have the same mistakes, in other lines. Number 0 is the plainest.

    Raises:
        ValueError: If there is no script of that number.
    """
    if type(number) is not int or not 0 <= number <= LARGEST:
        raise ValueError(f"the number of a script is a whole number from 0 to {LARGEST:,}")
    draw = random.Random(number)
    chosen = {start for start in HARMLESS if number and draw.random() < 0.5}
    lines = PLANTED.rstrip("\n").split("\n")
    if number and draw.random() < 0.5:
        lines[1], lines[2] = lines[2], lines[1]
    out = []
    for line in lines:
        out.append(line)
        out += [HARMLESS[start] for start in HARMLESS if start in chosen and line.startswith(start)]
    return [line.replace("torch.stack(examples) - query", _difference(chosen)) for line in out]


def _difference(chosen: set[str]) -> str:
    is_table = "            queries" in chosen
    return "examples - query" if is_table else "torch.stack(examples) - query"


def planted_script(number: int = 0) -> str:
    """The script with its lines numbered.

    Args:
        number: Of the script, from 0 to 999,999,999: each class has its own.

    Raises:
        ValueError: If there is no script of that number.
    """
    lines = script_lines(number)
    return "\n".join(f"{place:2}  {line}" for place, line in enumerate(lines, start=1))
