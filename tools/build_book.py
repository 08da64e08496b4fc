"""Build the book strictly: warnings are errors, and so is a page with something missing.

What `make book` runs. The chapters are executed once and kept in a cache, which knows the
notebooks but not the library that they import: when anything else changes that their outputs
depend on, the whole build starts afresh.
"""

import hashlib
import os
import shutil
import sys
import time
from importlib.metadata import version
from pathlib import Path

from jupyter_cache import get_cache

import build_slides
import jupyter_book_command
import side_by_side
from html_checks import problems_of_site
from text_numbers import problems_of_numbers

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
MARK = BUILD / "made_from.txt"
UNFINISHED = BUILD / "unfinished"


def fingerprint(root: Path = ROOT) -> str:
    """Changes when something changes that the outputs of all chapters depend on."""
    digest = hashlib.sha256()
    files = [root / "constraints.txt", *sorted((root / "book" / "_ext").rglob("*"))]
    files += sorted((root / "siamese_lib").rglob("*"))
    for path in files:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    # The installed torch, not only the pinned one: a reader may have upgraded it by hand.
    digest.update(f"{sys.version} {version('torch')}".encode())
    digest.update(f"{os.environ.get('SIAMESE_SOURCE')} {omniglot_state()}".encode())
    return digest.hexdigest()


def omniglot_state() -> str:
    """Which archives of Omniglot a chapter would find, and in what state."""
    data = Path(os.environ.get("SIAMESE_DATA") or "~/.cache/siamese_lib").expanduser()
    archives = sorted((data / "omniglot-py").glob("*.zip"))
    return " ".join(f"{path.name}:{path.stat().st_size}" for path in archives)


def forget(what: list[str]) -> None:
    for name in what:
        shutil.rmtree(BUILD / name, ignore_errors=True)


def main() -> int:
    began = time.perf_counter()
    BUILD.mkdir(exist_ok=True)
    made_from = fingerprint()
    if MARK.exists() and MARK.read_text() != made_from:
        print("The library or the data source has changed: every chapter runs again.")
    if not MARK.exists() or MARK.read_text() != made_from:
        forget([".jupyter_cache", ".doctrees", "html", "jupyter_execute"])
        MARK.write_text(made_from)
    # Sphinx does not warn twice about a page that it has already read. After a build that failed
    # or was interrupted, read all of them again, or the next one would call the book sound.
    if UNFINISHED.exists():
        forget([".doctrees"])
    UNFINISHED.touch()

    failures = side_by_side.run_side_by_side(BUILD / ".jupyter_cache")
    if failures:
        print(report(failures), file=sys.stderr)
        return 1
    if jupyter_book_command.build("-W", "-n", "--keep-going"):
        show_reports()
        print("The book was NOT built: see the warnings and errors above.", file=sys.stderr)
        return 1

    UNFINISHED.unlink()
    build_slides.main()

    problems = problems_of_site(HTML)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        print(f"The book was built, but {len(problems)} thing(s) are missing.", file=sys.stderr)
        return 1
    problems = problems_of_numbers()
    if problems:
        print("\n".join(problems), file=sys.stderr)
        print("The book was built, but its text is not that of this run.", file=sys.stderr)
        print("Read the sentences around these numbers, then: make numbers", file=sys.stderr)
        return 1
    print("\n".join(["", *chapter_times()]))
    print(
        f"\nThe book was built in {time.perf_counter() - began:.0f} s. Open\n{HTML / 'index.html'}"
    )
    return 0


def report(failures: list[side_by_side.Failure]) -> str:
    """What is said of chapters that failed: tracebacks, and in the last ten lines the causes."""
    lines = [f"\n--- {one.chapter}, {one.place}\n{one.traceback}" for one in failures]
    shown = failures[:3]
    more = [f"and {len(failures) - len(shown)} more, see above"] if len(failures) > 3 else []
    for one in shown:
        lines += ["", f"{one.chapter}, {one.place}:", f"  {one.cause}"]
    lines += [*more, "The book was NOT built. The other chapters are kept and do not run again."]
    return "\n".join(lines)


def chapter_times() -> list[str]:
    """How long each chapter took when it last ran, from the cache of executed notebooks."""
    records = get_cache(BUILD / ".jupyter_cache").list_cache_records()
    newest = {record.uri: record for record in sorted(records, key=lambda record: record.created)}
    return [
        f"{record.data['execution_seconds']:6.1f} s  {Path(uri).stem}"
        for uri, record in sorted(newest.items())
        if Path(uri).exists() and "execution_seconds" in record.data
    ]


def show_reports() -> None:
    for report in sorted((HTML / "reports").rglob("*.log")):
        print(f"\n--- {report.name}\n{report.read_text('utf8')}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
