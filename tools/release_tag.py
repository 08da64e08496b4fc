"""Check the tag of a release, before anything uses it. Needs nothing but Python.

    python tools/release_tag.py v1.0.0

A tag is ``v`` and three numbers. It must name the version of siamese_lib and of CITATION.cff, and
CHANGELOG.md must have a section about it.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAG = re.compile(r"v(?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){2}")


def version_of(root: Path = ROOT) -> str:
    """Return the version of the library, as its source says it."""
    return _found(r'^__version__ = "(.+)"$', root / "siamese_lib" / "__init__.py")


def _found(pattern: str, path: Path) -> str:
    found = re.search(pattern, path.read_text("utf8"), re.M)
    if found is None:
        raise SystemExit(f"{path.name} says no version")
    return found.group(1)


def notes_of(version: str, changelog: str) -> str:
    """Return the section of the changelog that is headed by this version."""
    found = re.search(
        rf"^## {re.escape(version)}(?![\w.]).*?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if found is None or not found.group(1).strip():
        raise SystemExit(f"CHANGELOG.md says nothing about {version}: add a section ## {version}")
    return found.group(1).strip() + "\n"


def check_versions(tag: str, root: Path = ROOT) -> str:
    """Return the version that the tag, the library and CITATION.cff agree on.

    Raises:
        SystemExit: If the tag has another form than ``v1.2.3``, or if the three do not agree.
    """
    if not TAG.fullmatch(tag):
        raise SystemExit(f"A tag is v and a version, such as v1.0.0, but this is {tag[:100]!r}")
    version = version_of(root)
    if tag != f"v{version}":
        raise SystemExit(f"The tag is {tag}, but siamese_lib says {version}: the tag is v{version}")
    cited = _found(r"^version: (.+)$", root / "CITATION.cff")
    if cited != version:
        raise SystemExit(f"CITATION.cff says version {cited}, siamese_lib says {version}")
    return version


def main(tag: str) -> int:
    version = check_versions(tag)
    notes_of(version, (ROOT / "CHANGELOG.md").read_text("utf8"))
    print(f"The tag names version {version} of the library.")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
