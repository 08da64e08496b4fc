"""Make what a release holds, in dist/: wheel, the built book, its PDF, notes and checksums.

    python tools/release.py v1.0.0         after `make book` on Omniglot; needs Chromium

The tag is checked first, by tools/release_tag.py.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import build_book
import build_pdf
import release_tag
import try_wheel

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
NAME = "siamese-networks"


def write_checksums(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf8")


def main(tag: str) -> int:
    version = release_tag.check_versions(tag)
    notes = release_tag.notes_of(version, (ROOT / "CHANGELOG.md").read_text("utf8"))
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
