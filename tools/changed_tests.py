"""Which tests belong to the files that were changed: what `make check` runs."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = ["tests/test_map.py"]
OF_CHAPTERS = ["tests/book/test_notebooks.py", "tests/book/test_plain_text.py"]
# Run by `make test` alone: they need another environment, a browser, or the built book.
ELSEWHERE = ("tests/assignments", "tests/built", "tests/lab", "tests/standalone")


def changed_files(root: Path = ROOT) -> list[str]:
    """Return what differs from the branch that is followed, or from the last commit if none is."""

    def lines(*words: str) -> list[str]:
        command = ["git", "-c", "core.quotePath=false", *words]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf8")
        return done.stdout.splitlines() if done.returncode == 0 else []

    since = (lines("merge-base", "HEAD", "@{upstream}") or ["HEAD"])[0]
    return lines("diff", "--name-only", since) + lines("ls-files", "--others", "--exclude-standard")


def those_that_belong(files: list[str], root: Path = ROOT) -> list[str]:
    """Return the tests that belong to some files, those that exist.

    A package of the library has a folder of tests with its name; a module, a program or a tool has
    a file. A changed test belongs to itself.
    """
    found = list(ALWAYS)
    for file in map(Path, files):
        top, *inner = file.parts
        if top == "siamese_lib" and len(inner) > 1:
            found.append(f"tests/{inner[0]}")
        elif top == "notebooks":
            found += OF_CHAPTERS
        elif top == "tests" and file.name.startswith("test_"):
            found.append(file.as_posix())
        elif file.suffix == ".py":
            pattern = f"test_{file.stem}.py"
            found += [one.relative_to(root).as_posix() for one in root.glob(f"tests/**/{pattern}")]
    there = [name for name in dict.fromkeys(found) if (root / name).exists()]
    return [name for name in there if not name.startswith(ELSEWHERE)]
