"""The list of references at the end of each chapter, from book/references.bib.

python tools/reference_lists.py           write them
python tools/reference_lists.py --check   name each chapter whose list is not what it should be
"""

import sys
from pathlib import Path

from notebook_files import ROOT, change_markdown, chapters, markdown, read

# isort: split
from citations import cited, read_references, with_list  # found by way of notebook_files

BIBLIOGRAPHY = ROOT / "book" / "references.bib"


def references_of(path: Path) -> list:
    return cited("\n\n".join(markdown(read(path))), read_references(BIBLIOGRAPHY))


def wrong(path: Path) -> bool:
    references = references_of(path)
    return any(with_list(text, references) != text for text in markdown(read(path)))


def write(path: Path) -> bool:
    references = references_of(path)
    return change_markdown(path, lambda text: with_list(text, references))


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        names = [path.stem for path in chapters() if wrong(path)]
        print("\n".join(names) or "all lists are what references.bib gives")
        return 1 if names else 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for path in chapters():
        print(f"{'written' if write(path) else 'as it was'}  {path.stem}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
