"""The numbers that are written in the chapters, and those of the last build.

python tools/text_numbers.py           write those of the last build on Omniglot into the text
python tools/text_numbers.py --check   name each that is further off than its comment allows

Every build of the book on Omniglot makes the second. On Glyphs the page shows the numbers of its
own run, and the text keeps those of the reference run.
"""

import ast
import sys
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from notebook_files import ROOT, change_markdown, chapters, markdown, read

# isort: split
from bound_numbers import bound_numbers, with_values  # found by way of notebook_files

CACHE = ROOT / "_build" / ".jupyter_cache"
GLUE = "application/papermill.record/"
DATA_SOURCE = "data_source"  # glued by siamese_lib.pages.chapter.start


class NoReferenceRunError(Exception):
    """There is no build on Omniglot whose numbers could be taken."""


def values_of_run(path: Path) -> dict:
    """What a chapter glued when it was run for the last build, by name."""
    try:
        cache = get_cache(CACHE)
        record = cache.match_cache_notebook(nbformat.read(path, 4))
    except KeyError:
        raise NoReferenceRunError(f"{path.stem} has no run: make book first") from None
    return glued(cache.get_cache_bundle(record.pk).nb)


def glued(executed) -> dict:
    """Values by name, from the outputs of an executed notebook."""
    values = {}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name is not None:
                values[name] = _value(output["data"][GLUE + "text/plain"])
    return values


def _value(text: str):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):  # such as nan
        return text


def check_omniglot(chapter: str, values: dict) -> None:
    if values.get(DATA_SOURCE) != "omniglot":
        raise NoReferenceRunError(
            f"{chapter} ran on {values.get(DATA_SOURCE)}, and the text quotes a run on Omniglot"
        )


def problems_of_chapter(chapter: str, texts: list[str], values: dict) -> list[str]:
    """What is written and is not, or not nearly, what the run gave."""
    problems = []
    for number in [number for text in texts for number in bound_numbers(text)]:
        if number.key not in values:
            problems.append(f"{chapter}: {number.key} is in the text, and the run did not glue it")
        elif not number.allows(values[number.key]):
            found = number.text_of(values[number.key])
            problems.append(f"{chapter}: {number.key} is {found}, written is {number.written}")
    return problems


def problems_of_numbers() -> list[str]:
    """All problems of the last build; none when it ran on Glyphs."""
    problems = []
    for path in chapters():
        values = values_of_run(path)
        if values.get(DATA_SOURCE) == "omniglot":
            problems += problems_of_chapter(path.stem, markdown(read(path)), values)
    return problems


def write() -> None:
    values = {path: values_of_run(path) for path in chapters()}
    for path in values:  # before anything is written
        check_omniglot(path.stem, values[path])
    for path in values:
        changed = change_markdown(path, lambda text, path=path: with_values(text, values[path]))
        print(f"{'written' if changed else 'as it was'}  {path.stem}")


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if not arguments:
            write()
            return 0
        problems = problems_of_numbers()
    except NoReferenceRunError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(problems) or "the text says what the last build gave")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
