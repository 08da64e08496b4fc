"""From a chapter's plain Markdown to that of the book: what is more in the book is added here.

A chapter is also read in JupyterLab, VS Code, Colab and on GitHub, which know neither roles nor
directives; so it holds none, and this happens to it on its way into the book only.
"""

from __future__ import annotations

import json

from bound_numbers import to_glue
from boxes import to_boxes, to_quiz
from citations import Reference, to_citations


def for_the_book(notebook: str, references: tuple[Reference, ...], pages_url: str) -> str:
    """A notebook (its JSON) with the Markdown of the book; code cells stay as they are.

    ``pages_url`` is where the repository's files can be read: links to them become links inside
    the book.
    """
    content = json.loads(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            text = to_citations("".join(cell["source"]), references)
            text = text.replace(f"]({pages_url}/", "](../")
            cell["source"] = to_quiz(to_boxes(to_glue(text)))
    return json.dumps(content)
