"""The repository's URL: decided in pyproject.toml, the same everywhere.

python tools/repository_url.py             show it
python tools/repository_url.py --check     name every place that says another one
python tools/repository_url.py --set URL   change it everywhere
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DECIDED_IN = "pyproject.toml"
PLACES = ("README.md", "CONTRIBUTING.md", "_config.yml", "book/*.md", "notebooks/*.ipynb")
# Other people's repositories are linked by their pages, so any "siamese-networks" is ours.
OURS = re.compile(r"https://github\.com/[\w.-]+/siamese-networks\b")


def decided(root: Path = ROOT) -> str:
    found = re.search(r'^Repository = "(.+)"$', (root / DECIDED_IN).read_text("utf8"), re.M)
    if found is None:
        raise SystemExit(f"{DECIDED_IN} has no line  Repository = ...")
    return found.group(1)


def files(root: Path = ROOT) -> list[Path]:
    return [path for place in PLACES for path in sorted(root.glob(place))]


def differing(root: Path = ROOT) -> list[str]:
    """``file:line: URL`` of every place that says another URL than the decided one."""
    url = decided(root)
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {said}"
        for path in files(root)
        for number, line in enumerate(path.read_text("utf8").splitlines(), start=1)
        for said in OURS.findall(line)
        if said != url
    ]


def set_everywhere(url: str, root: Path = ROOT) -> None:
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url):
        raise SystemExit(f"{url} is not of the form https://github.com/OWNER/REPOSITORY")
    old = decided(root)
    for path in [root / DECIDED_IN, *files(root)]:
        text = path.read_text("utf8")
        if old in text:
            path.write_text(text.replace(old, url), "utf8")


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--set"] and len(arguments) == 2:
        set_everywhere(arguments[1])
    elif arguments == ["--check"]:
        wrong = differing()
        print("\n".join(wrong) or f"all say {decided()}")
        return 1 if wrong else 0
    elif arguments:
        print(__doc__, file=sys.stderr)
        return 2
    print(decided())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
