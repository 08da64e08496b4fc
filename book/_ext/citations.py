"""Citations: links with an address of ``references.bib``, and the list at a chapter's end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pybtex.backends.markdown import Backend
from pybtex.database import Entry, parse_file
from pybtex.richtext import Text
from pybtex.style.formatting.unsrt import Style

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((https?://[^)\s]+)\)")
LIST = re.compile(r"(?<=<!-- references -->\n\n).*?(?=\n\n<!-- end of references -->)", re.S)


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography.

    ``label`` is what a link to it says, ``addresses`` where it can be found (the first is the one
    to write), ``full`` its line in a list of references.
    """

    key: str
    label: str
    addresses: tuple[str, ...]
    full: str


class PlainMarkdown(Backend):
    """Markdown that can be read in its source: pybtex would put a backslash before each dot."""

    def format_str(self, text):
        return re.sub(r"([*_\[\]<>`])", r"\\\1", text)

    def format_href(self, url, text, external=False):
        return f"<{url}>" if text.startswith("http") else f"[{text}]({url})"


@cache
def read_references(path: Path) -> tuple[Reference, ...]:
    """All entries of a bib file, ordered by author and year."""
    entries = parse_file(str(path)).entries
    formatted = Style().format_entries(entries.values())
    lines = {one.key: one.text.render(PlainMarkdown("utf8")) for one in formatted}
    references = [
        Reference(key, _label(entry), tuple(_addresses(entry)), " ".join(lines[key].split()))
        for key, entry in entries.items()
    ]
    return tuple(sorted(references, key=lambda one: (one.label.lower(), one.key)))


def to_citations(text: str, references: tuple[Reference, ...]) -> str:
    """The text with each link to a paper, named as it should be, as a citation."""
    by_address = _by_address(references)

    def role(found: re.Match) -> str:
        words, address = found.groups()
        reference = by_address.get(address)
        if reference is None or words != reference.label:
            return found.group()
        return f"{{cite:t}}`{reference.key}`"

    return LINK.sub(role, text)


def cited(text: str, references: tuple[Reference, ...]) -> list[Reference]:
    """The references to which a text links outside of its list of references, in their order."""
    by_address = _by_address(references)
    linked = {by_address.get(address) for _, address in LINK.findall(LIST.sub("", text))}
    return [one for one in references if one in linked]


def with_list(text: str, cited: list[Reference]) -> str:
    """The text with its list of references, between the two comments, written anew."""
    return LIST.sub(lambda _: "\n".join(f"- {one.full}" for one in cited), text)


def _by_address(references: tuple[Reference, ...]) -> dict[str, Reference]:
    return {address: one for one in references for address in one.addresses}


def _addresses(entry: Entry) -> list[str]:
    made_of = {"url": "{}", "doi": "https://doi.org/{}", "eprint": "https://arxiv.org/abs/{}"}
    return [
        form.format(entry.fields[name]) for name, form in made_of.items() if name in entry.fields
    ]


def _label(entry: Entry) -> str:
    names = [
        str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))
        for person in entry.persons["author"]
    ]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{who} ({entry.fields['year']})"
