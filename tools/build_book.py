"""Build the book strictly: warnings are errors, and so is a page with something missing.

What `make book` runs. The chapters are executed once and kept in a cache, which knows the
notebooks but not the library that they import: when anything else changes that their outputs
depend on, the whole build starts afresh.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from html_checks import problems_of_site

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
MARK = BUILD / "made_from.txt"


def fingerprint(root: Path = ROOT) -> str:
    """Changes when something changes that the outputs of all chapters depend on."""
    digest = hashlib.sha256()
    files = [root / "constraints.txt", root / "book" / "_ext" / "book_sphinx.py"]
    files += sorted((root / "siamese_lib").rglob("*"))
    for path in files:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    digest.update(f"{sys.version} {os.environ.get('SIAMESE_SOURCE')} {omniglot_state()}".encode())
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

    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [str(jupyter_book), "build", ".", "-W", "-n", "--keep-going"]
    environment = {**os.environ, "PYTHONUTF8": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    if subprocess.run(command, cwd=ROOT, env=environment).returncode:
        show_reports()
        # Sphinx does not warn twice about a page that it has already read: read them all again.
        forget([".doctrees"])
        print("The book was NOT built: see the warnings and errors above.", file=sys.stderr)
        return 1

    problems = problems_of_site(HTML)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        print(f"The book was built, but {len(problems)} thing(s) are missing.", file=sys.stderr)
        return 1
    print(
        f"\nThe book was built in {time.perf_counter() - began:.0f} s. Open\n{HTML / 'index.html'}"
    )
    return 0


def show_reports() -> None:
    for report in sorted((HTML / "reports").rglob("*.log")):
        print(f"\n--- {report.name}\n{report.read_text('utf8')}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
