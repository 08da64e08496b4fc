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
PLACES = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff", "_config.yml"),
    *("book/**/*.md", "notebooks/*.ipynb", "assignments/*.ipynb"),
    *(".github/**/*.yml", ".github/**/*.md", ".devcontainer/*", ".binder/*", "Containerfile"),
)
FIRST_NAME = "siamese-networks"
GITHUB = "https://github.com/"
HOSTS = (GITHUB, "https://colab.research.google.com/github/", "https://mybinder.org/v2/gh/")


def decided(root: Path = ROOT) -> str:
    found = re.search(r'^Repository = "(.+)"$', (root / DECIDED_IN).read_text("utf8"), re.M)
    if found is None:
        raise SystemExit(f"{DECIDED_IN} has no line  Repository = ...")
    return found.group(1)


def ours(url: str) -> re.Pattern:
    """An address of this project under any owner: its name now, or the one that it began with.

    Other people's repositories are linked by their pages, so whoever has that name means us; a
    longer name, such as siamese-networks-pytorch, is another project. Colab and Binder have the
    owner and the name in addresses of their own, and so have the published pages.
    """
    names = "|".join(re.escape(name) for name in (url.rsplit("/", 1)[1], FIRST_NAME))
    places = "|".join(map(re.escape, HOSTS))
    return re.compile(
        rf"(?P<host>{places})[\w.-]+/(?:{names})(?![\w-])"
        rf"|https://[\w-]+\.github\.io/(?:{names})(?![\w-])"
    )


def said_for(url: str, found: re.Match) -> str:
    """What stands at such a place when the repository is at ``url``."""
    owner, name = url.removeprefix(GITHUB).split("/")
    if found["host"]:
        return f"{found['host']}{owner}/{name}"
    return f"https://{owner.lower()}.github.io/{name}"


def files(root: Path = ROOT) -> list[Path]:
    return [path for place in PLACES for path in sorted(root.glob(place))]


def differing(root: Path = ROOT) -> list[str]:
    """``file:line: URL`` of every place that says another URL than the decided one."""
    url = decided(root)
    any_of_ours = ours(url)
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {said.group()}"
        for path in files(root)
        for number, line in enumerate(path.read_text("utf8").splitlines(), start=1)
        for said in any_of_ours.finditer(line)
        if said.group() != said_for(url, said)
    ]


def set_everywhere(url: str, root: Path = ROOT) -> None:
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url):
        raise SystemExit(f"{url} is not of the form https://github.com/OWNER/REPOSITORY")
    any_of_ours = ours(decided(root))
    for path in [root / DECIDED_IN, *files(root)]:
        text = path.read_text("utf8")
        changed = any_of_ours.sub(lambda found: said_for(url, found), text)
        if changed != text:
            path.write_text(changed, "utf8", newline="\n")


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
