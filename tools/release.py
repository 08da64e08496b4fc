"""Make what a release holds, in dist/: wheel, the built book, its PDF, notes and checksums.

    python tools/release.py v1.0.0         after `make book` on Omniglot; needs Chromium

The tag must be the version of siamese_lib, and CHANGELOG.md must say what is new in it.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import build_book
import build_pdf
import try_wheel

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
NAME = "siamese-networks"


def version_of(root: Path = ROOT) -> str:
    text = (root / "siamese_lib" / "__init__.py").read_text("utf8")
    return re.search(r'^__version__ = "(.+)"$', text, re.M).group(1)


def notes_of(version: str, changelog: str) -> str:
    """The section of the changelog that is headed by this version."""
    found = re.search(
        rf"^## {re.escape(version)}(?![\w.]).*?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if found is None or not found.group(1).strip():
        raise SystemExit(f"CHANGELOG.md says nothing about {version}: add a section ## {version}")
    return found.group(1).strip() + "\n"


def check_versions(tag: str, root: Path = ROOT) -> str:
    """The version that the tag, the library and CITATION.cff agree on."""
    version = version_of(root)
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag}, but siamese_lib says {version}: the tag is v{version}")
    cited = re.search(r"^version: (.+)$", (root / "CITATION.cff").read_text("utf8"), re.M).group(1)
    if cited != version:
        raise SystemExit(f"CITATION.cff says version {cited}, siamese_lib says {version}")
    return version


def write_checksums(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf8")


def main(tag: str) -> int:
    version = check_versions(tag)
    notes = notes_of(version, (ROOT / "CHANGELOG.md").read_text("utf8"))
    if build_book.main() or build_pdf.main():
        return 1
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    (DIST / "NOTES.md").write_text(notes, "utf8")
    try_wheel.build_wheel(DIST)
    shutil.make_archive(str(DIST / f"{NAME}-{version}-book"), "zip", build_book.HTML)
    shutil.copy(build_pdf.PDF, DIST / f"{NAME}-{version}.pdf")
    write_checksums(DIST)
    print("\n".join(f"dist/{path.name}" for path in sorted(DIST.iterdir())))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
