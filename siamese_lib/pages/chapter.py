"""What each chapter of the book does first, and how its numbers reach the prose."""

from __future__ import annotations

import linecache
import os
from traceback import walk_tb
from typing import Any

import torch

import siamese_lib
from siamese_lib.data import data_folder, resolve_source
from siamese_lib.devices import best_device
from siamese_lib.files import display_path
from siamese_lib.pages.show import use_book_style

DATA_SOURCE = "data_source"  # under this name every chapter glues what it ran on


def start() -> torch.device:
    """Begin a chapter: set the look of figures, and say what this page runs on.

    Where ``$SIAMESE_BOOK`` is not set, it also says whose numbers stand in the text.

    Returns:
        The device to train on.
    """
    use_book_style()
    _say_what_a_claim_expected()
    device = best_device()
    print(
        f"siamese_lib {siamese_lib.__version__}, PyTorch {torch.__version__.split('+')[0]}, "
        f"device: {_describe(device)}"
    )
    source = resolve_source()
    if source == "omniglot":
        # The page is public: name the variable rather than a folder of the machine that built it.
        place = "$SIAMESE_DATA" if os.environ.get("SIAMESE_DATA") else display_path(data_folder())
        print(f"Characters: Omniglot (Lake et al. 2015), from {place}")
    else:
        print("Characters: Glyphs, the procedural handwriting that comes with the book")
    if not os.environ.get("SIAMESE_BOOK"):  # the page of a build shows the numbers of its own run
        yours = "yours will differ" if source == "omniglot" else "yours are of Glyphs"
        print(f"Numbers in the text are those of the book's run on Omniglot; {yours}")
    glue(DATA_SOURCE, source)
    return device


def _say_what_a_claim_expected() -> None:
    """Let an assertion that fails in this notebook say what it expected, and what that means.

    A chapter asserts what its text says. On a reader's own pictures, or with other settings, that
    need not hold, and Python's bare AssertionError would look like a fault.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None:
        return

    def explain(
        shell: Any, kind: type, error: AssertionError, traceback: Any, tb_offset: int | None = None
    ) -> None:
        if not error.args:
            frames = list(walk_tb(traceback))
            frame, line = frames[-1]
            statement = linecache.getline(frame.f_code.co_filename, line).strip()
            error.args = (
                f"this page expects `{statement.removeprefix('assert ')}` of its own data and "
                "settings. With yours it may not hold. The next cells can be run all the same.",
            )
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((AssertionError,), explain)


def _describe(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        n = torch.get_num_threads()
        return f"cpu ({n} thread{'' if n == 1 else 's'})"
    return device.type


def glue(name: str, value: Any) -> None:
    """Store a number of this run under a name, so that the book's prose can quote it.

    The prose binds a number to it by a comment, ``97.0<!-- name:.1f -->``; the built book shows
    the value of its own run there. Outside of a notebook, and where the book's tools are not
    installed (Colab), there is nothing to store it for, and the call does nothing.

    Args:
        name: unique within the chapter.
        value: a number or a short text; a tensor or array of one element becomes a number.
    """
    try:
        from IPython import get_ipython
        from myst_nb import glue as store
    except ImportError:
        return
    if get_ipython() is None:
        return
    if isinstance(value, str):
        value = value.replace("(1 threads)", "(1 thread)")
    store(name, value.item() if hasattr(value, "item") else value, display=False)
