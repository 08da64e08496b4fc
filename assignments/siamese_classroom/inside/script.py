"""The evaluation script with five mistakes in it; where they are is not said here."""

from __future__ import annotations

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


def planted_script() -> str:
    """The script with its lines numbered."""
    lines = PLANTED.rstrip("\n").split("\n")
    return "\n".join(f"{number:2}  {line}" for number, line in enumerate(lines, start=1))
