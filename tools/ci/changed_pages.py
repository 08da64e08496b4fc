"""Which pages of the book a change touches, as a list in Markdown.

    python tools/ci/changed_pages.py BASE     e.g. origin/main

A page is touched when its own source has changed; when the library or a setting of the book has,
all pages may look different, and the list says so. On GitHub it also goes to the run's page.
"""

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TOUCH_EVERYTHING = ("siamese_lib/", "book/_ext/", "book/_static/", "_config.yml", "_toc.yml")


def main(base: str) -> int:
    text = report(changed_files(base), pages())
    print(text)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf8") as file:
            file.write(f"{text}\n")
    return 0


def changed_files(base: str, root: Path = ROOT) -> list[str]:
    """Files that differ between the working tree and where it left ``base``."""
    command = ["git", "diff", "--name-only", "-z", "--merge-base", base]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"git knows no common past with {base}: {run.stderr.strip()}")
    return [name for name in run.stdout.split("\0") if name]


def pages(root: Path = ROOT) -> dict[str, str]:
    """``source without ending: address in the built book`` of every page in the contents."""
    contents = yaml.safe_load((root / "_toc.yml").read_text("utf8"))
    names = [contents["root"]]
    names += [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    return {name: f"{name}.html" for name in names}


def report(changed: list[str], addresses: dict[str, str]) -> str:
    touched = [
        addresses[source]
        for source in (str(Path(name).with_suffix("")) for name in changed)
        if source in addresses
    ]
    lines = [f"### Pages of the book that this changes: {len(touched)}", ""]
    lines += [f"- `{page}`" for page in sorted(touched)]
    shared = sorted({top for name in changed for top in TOUCH_EVERYTHING if name.startswith(top)})
    if shared:
        lines += ["", f"Changed too: {', '.join(shared)}. Any page may look different."]
    lines += ["", "The built book is among the artifacts of this run, as `book`."]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
