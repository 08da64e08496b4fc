"""A Python as on Colab: what it ships is there, siamese_lib is not, and there is no clone."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import repository_url
from chapters import ROOT

OURS = ("__editable__*siamese_lib*", "__editable___siamese_lib*", "siamese_lib*", "*.pth")


# What this repository needs and Colab does not ship: it is not borrowed. Which packages Colab has
# is from its own list, github.com/googlecolab/backend-info, pip-freeze.txt (the copy at hand is of
# 2023); their versions could not be had, and are assumed to be those of constraints.txt.
NOT_ON_COLAB = (
    *("faiss*", "pymilvus*", "milvus_lite*", "pytorch_metric_learning*", "hypothesis*"),
    *("playwright*", "axe_playwright*", "jupyter_book*", "sphinx_*", "myst_*", "ruff*", "mypy*"),
)


class Bare:
    """An environment without the library, an empty HOME, and a GitHub that is a folder."""

    def __init__(self, folder: Path, published: Path, cache: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.cache = cache
        self.python = make_python(folder)
        redirect_github(self.home / ".gitconfig", published)

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        """What Python printed; when it fails, so does the test, with what it said."""
        run = subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd or self.home,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=500,
        )
        if run.returncode:
            pytest.fail(f"{arguments}: {run.stdout[-2000:]}\n{run.stderr[-4000:]}", pytrace=False)
        return run.stdout

    def environment(self) -> dict[str, str]:
        not_ours = ("JUPYTER", "IPYTHON", "XDG_", "SIAMESE_", "MPL", "GIT_", "PYTHON", "VIRTUAL")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(not_ours)}
        return {
            **kept,
            **pip_settings(),
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "SIAMESE_SOURCE": "glyphs",
            "SIAMESE_CACHE": str(self.cache),
            "PYTHONUTF8": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }

    def packages(self) -> dict[str, str]:
        """Name and version of all that is installed, as pip sees it."""
        listed = json.loads(self.run("-m", "pip", "list", "--format=json"))
        return {package["name"]: package["version"] for package in listed}


def make_python(folder: Path) -> Path:
    """A virtual environment that borrows the packages of the running Python, except ours.

    The borrowed packages lie outside of the environment, where pip sees them but never removes
    one: a setup cell that changes a version is noticed, and does no harm.
    """
    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for name in ("purelib", "platlib"):
        for path in Path(sysconfig.get_path(name)).iterdir():
            link = borrowed / path.name
            left_out = any(path.match(pattern) for pattern in (*OURS, *NOT_ON_COLAB))
            if not left_out and not link.exists():
                link.symlink_to(path)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    Path(site.strip(), "borrowed.pth").write_text(f"{borrowed}\n", "utf8")
    return python


def pip_settings() -> dict[str, str]:
    """The user's own pip.conf, which says where packages come from: HOME is another one here."""
    home = Path.home()
    for path in (home / ".config" / "pip" / "pip.conf", home / ".pip" / "pip.conf"):
        if path.exists() and "PIP_CONFIG_FILE" not in os.environ:
            return {"PIP_CONFIG_FILE": str(path)}
    return {}


def has_package_index(folder: Path) -> bool:
    """Whether pip finds what it builds a package with; the only thing that comes from elsewhere."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "setuptools>=68"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=240).returncode == 0


def redirect_github(gitconfig: Path, published: Path) -> None:
    """Let git take our repository's URL for a folder of this machine."""
    gitconfig.write_text(
        f'[url "{published.as_uri()}"]\n'
        f"    insteadOf = {repository_url.decided()}\n"
        "[safe]\n    directory = *\n"
        "[user]\n    name = Test\n    email = test@example.org\n",
        "utf8",
    )


def publish(folder: Path) -> Path:
    """A repository with one commit: the files as they are now, committed or not."""
    folder.mkdir()
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    git(folder, *author, "commit", "--quiet", "--no-gpg-sign", "--no-verify", "-m", "As it is now")
    return folder


def git(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments], cwd=folder, capture_output=True, text=True
    )
    if run.returncode:
        pytest.fail(f"git {arguments}: {run.stderr}", pytrace=False)
    return run.stdout
