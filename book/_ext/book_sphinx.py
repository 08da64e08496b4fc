"""What the book asks of Sphinx beyond its configuration."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Names in docstrings that belong to libraries without an inventory at hand: linking to them
# would need the network while building.
OUTSIDE = r"(torch|nn|numpy|np|pathlib|matplotlib|collections|typing|os|threading)\..*"
PLAIN = r"(Tensor|Axes|Path|Sequence|Iterable|Iterator|Any|Callable|optional|int64|float32)"


def setup(app):
    # Without this, neither autodoc nor viewcode finds the library of this checkout.
    sys.path.insert(0, str(ROOT))
    app.connect("config-inited", _ignore_names_from_outside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _ignore_names_from_outside(app, config):
    config.nitpick_ignore_regex = [
        *config.nitpick_ignore_regex,
        (r"py:.*", OUTSIDE),
        (r"py:.*", PLAIN),
        (r"py:.*", r"siamese_lib\..*\._\w+"),  # what is private has no entry to link to
    ]
