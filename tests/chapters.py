"""Which chapters the slow tests take: a few cheap ones each time, all of them when asked."""

from pathlib import Path

from siamese_lib.pages import interactive

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Functions that return a figure to play with: a call of one must leave something to see.
INTERACTIVE = tuple(name for name in interactive.__all__ if name[0].islower())


def chosen(config, cheap):
    """Paths of the chapters with these numbers, or of all with ``pytest --all-chapters``."""
    if config.getoption("--all-chapters"):
        return NOTEBOOKS
    return [path for path in NOTEBOOKS if int(path.stem[:2]) in cheap]


def parametrize(metafunc, cheap):
    """One test for each chosen chapter, where a test asks for ``chapter``."""
    if "chapter" in metafunc.fixturenames:
        paths = chosen(metafunc.config, cheap)
        metafunc.parametrize("chapter", paths, ids=[path.stem for path in paths])


def makes_an_interactive_figure(source):
    return any(f"{name}(" in source for name in INTERACTIVE)
