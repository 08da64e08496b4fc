"""What is wrong with a notebook as JupyterLab shows it, from the facts of lab_facts.js."""

import re

from chapters import makes_an_interactive_figure

# Each leaves its mark in the text that is seen. Code and mathematics are not in it, except that
# `code` stands for each piece of code: {role}`code` is what is left of a role.
RAW = {
    "raw role": re.compile(r"\{[a-z][\w:+-]*\}`|\{(?:glue|cite|doc|ref|numref|term|eq)[:}]"),
    "raw directive": re.compile(r":::|\[!\w+\]"),
    "raw mathematics": re.compile(r"\$\$|\\begin\{|\$[^$\s][^$]*\$"),
    "raw comment": re.compile(r"<!--|-->"),
    "raw emphasis": re.compile(r"\*\*"),
}
# What the server makes of a picture's path.
SERVED = re.compile(r"^http://127\.0\.0\.1:\d+/files/|\?_xsrf.*")
TITLE = re.compile(r"# ?@title ")
# The goals and two predictions: no chapter has fewer boxes.
FEWEST_BOXES = 3


def findings(facts: list[dict]) -> list[str]:
    """``cell: what is wrong``, for all cells; empty for a notebook that reads right."""
    found = [f"{cell['id']}: {what}" for cell in facts for what in wrong_with(cell)]
    boxes = sum(cell["quotes"] for cell in facts)
    if boxes < FEWEST_BOXES:
        found.append(f"notebook: {boxes} block quotes, where a chapter has boxes")
    return found


def wrong_with(cell: dict) -> list[str]:
    return [*wrong_in_text(cell), *wrong_with_pictures(cell), *wrong_with_code(cell)]


def wrong_in_text(cell: dict) -> list[str]:
    wrong = [] if cell["rendered"] else ["Markdown that is not rendered"]
    for what, pattern in RAW.items():
        match = pattern.search(cell["prose"])
        if match:
            around = cell["prose"][max(0, match.start() - 20) : match.end() + 20]
            times = len(pattern.findall(cell["prose"]))
            wrong.append(f"{what}, {times} times: {' '.join(around.split())!r}")
    if any("{" in name for name in cell["fences"]):
        wrong.append("raw directive, as code")
    if cell["mathErrors"]:
        wrong.append("mathematics with an error")
    return wrong


def wrong_with_pictures(cell: dict) -> list[str]:
    wrong = [f"broken picture {SERVED.sub('', source)}" for source in cell["brokenPictures"]]
    draws = "figure" in cell["tags"] or makes_an_interactive_figure(cell["source"])
    if draws and not cell["pictures"]:
        wrong.append("a figure without a picture")
    return wrong


def wrong_with_code(cell: dict) -> list[str]:
    if cell["kind"] != "code":
        return []
    wrong = [f"error {error}" for error in cell["errors"]]
    if cell["source"].strip() and not cell["executed"]:
        wrong.append("was not run")
    tags = set(cell["tags"])
    name = "solution" if "solution" in tags else "hidden cell"
    if tags & {"solution", "hide-cell", "hide-input"} and cell["inputShown"]:
        wrong.append(f"{name} with open code")
    if tags & {"solution", "hide-cell", "hide-output"} and not cell["outputHidden"]:
        wrong.append(f"{name} with open output")
    if "solution" in tags and not TITLE.match(cell["source"]):
        # JupyterLab shows the first line of collapsed code; Colab shows the title.
        wrong.append("solution whose first line is seen, as it is no #@title")
    return wrong
