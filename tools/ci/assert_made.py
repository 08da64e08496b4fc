"""Fail when a step has not left the files that it should have made.

    python tools/ci/assert_made.py _build/html/book/intro.html 'dist/*.whl'

Each argument is a path or a pattern; what it names must be there and not be empty.
"""

import sys
from pathlib import Path


def missing(patterns: list[str], root: Path) -> list[str]:
    wrong = []
    for pattern in patterns:
        found = [path for path in root.glob(pattern) if path.is_file()]
        if not found:
            wrong.append(f"{pattern}: not made")
        wrong += [f"{path.relative_to(root)}: empty" for path in found if not path.stat().st_size]
    return wrong


def main(patterns: list[str]) -> int:
    if not patterns:
        raise SystemExit(__doc__)
    wrong = missing(patterns, Path.cwd())
    print("\n".join(wrong) or f"made: {', '.join(patterns)}", file=sys.stderr if wrong else None)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
