"""Small notebooks: one that reads right, one with a fault of each kind, one whose kernel dies."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQ"
    "DwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
DRAW = (
    "from IPython.display import SVG, display\n"
    'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">'
    '<circle r="40" cx="45" cy="45"/></svg>\'))'
)
COLLAPSED = {"source_hidden": True, "outputs_hidden": True}


def text(name, source):
    return new_markdown_cell(source, id=name)


def code(name, source, tags=(), **jupyter):
    return new_code_cell(source, id=name, metadata={"tags": [*tags], "jupyter": jupyter})


GOOD = [
    text(
        "goals", "# A chapter\n\n> **Goals.** Look.\n\n> **Predict first.** And?\n\n> **Note.** So."
    ),
    text("number", "It is right in **96.4**<!-- c1_right:.1f --> % [Koch (2015)](https://x.org)."),
    text(
        "about-roles",
        "A role, `{glue:text}`, is code here; so is a price: 5 dollars.\n\n"
        "```python\nx = '{cite:t}`y`' + ':::' + '$$'\n```",
    ),
    text("mathematics", "With $x^2$ and\n\n$$\n\\frac{a}{b} = \\sum_i c_i\n$$"),
    text(
        "table",
        "| a | b |\n| --- | --- |\n| $x$ | 2 |\n\n"
        "<details><summary>Yes?</summary>\n\nNo, **never**.\n\n</details>",
    ),
    text("picture", f"![a pixel]({PIXEL})"),
    code("setup", "print('ready')", ["hide-input"], source_hidden=True),
    code("drawing", DRAW, ["figure"]),
    code("words", "print('{glue:text}`x` may be printed')"),
    code(
        "solution", "#@title Solution\nprint('the answer')", ["solution", "hide-cell"], **COLLAPSED
    ),
    code("empty", ""),
]
FAULTY = [
    text("role", "Right in {glue:text}`c1_right:.1f` %."),
    text("citation", "As {cite:t}`koch2015siamese` say."),
    text("quiz-role", "<details><summary>Yes?</summary>\n\nNo, {doc}`x`.\n\n</details>"),
    text("colons", ":::{note}\nThink.\n:::"),
    text("fence", "```{admonition} Note\nThink.\n```"),
    text("callout", "> [!NOTE]\n> Think."),
    text("picture", "![gone](gone.png)"),
    text("html-picture", '<img src="../gone.svg" alt="gone">'),
    text("far-picture", "![far](https://example.org/far.png)"),
    text("display", "First $$ and no end."),
    text("macro", "The $\\nosuchmacro{x}$."),
    text("emphasis", "It is **bold without an end."),
    code("setup", "print('ready')", ["hide-input"]),
    code(
        "solution-code",
        "#@title Solution\nprint(42)",
        ["solution", "hide-cell"],
        outputs_hidden=True,
    ),
    code(
        "solution-output",
        "#@title Solution\nprint(42)",
        ["solution", "hide-cell"],
        source_hidden=True,
    ),
    code("solution-line", "print(42)", ["solution", "hide-cell"], **COLLAPSED),
    code("no-drawing", "print('no picture')", ["figure"]),
    code("interactive", "def hover_map(): pass\nhover_map()"),
    code("error", "1 / 0"),
    code("after-the-error", "print('never')"),
]
FAULTS = [
    ("role", "raw role, 1 times"),
    ("citation", "raw role"),
    ("quiz-role", "raw role"),
    ("colons", "raw directive"),
    ("fence", "raw directive, as code"),
    ("callout", "raw directive"),
    ("picture", "broken picture gone.png"),
    ("html-picture", "broken picture gone.svg"),
    ("far-picture", "broken picture https://example.org/far.png"),
    ("display", "raw mathematics"),
    ("macro", "mathematics with an error"),
    ("emphasis", "raw emphasis"),
    ("setup", "hidden cell with open code"),
    ("solution-code", "solution with open code"),
    ("solution-output", "solution with open output"),
    ("solution-line", "solution whose first line is seen"),
    ("no-drawing", "a figure without a picture"),
    ("interactive", "a figure without a picture"),
    ("error", "error ZeroDivisionError"),
    ("after-the-error", "was not run"),
    ("notebook", "1 block quotes"),
]
DEADLY = [code("dies", "import os\nos._exit(1)"), code("after", "1")]
ALL = {
    "good": new_notebook(cells=GOOD, metadata=KERNEL),
    "deadly": new_notebook(cells=DEADLY, metadata=KERNEL),
    "faulty": new_notebook(cells=FAULTY, metadata=KERNEL),
}
