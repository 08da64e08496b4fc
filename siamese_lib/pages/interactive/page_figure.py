"""A figure made of data, words and one script, all inside its own piece of HTML."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

FOLDER = Path(__file__).parent

# Okabe and Ito's colours without black, which would vanish in dark mode.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")


class PageFigure:
    """What a notebook shows as an interactive figure, and as words where it cannot.

    Args:
        script: name of a script in this folder: a JavaScript function of ``(root, data)``, which
            may use what ``elements.js`` defines.
        data: what the script gets, made of plain JSON values.
        alt: what is to be seen, in words.

    Raises:
        ValueError: no alt text, or a number that JSON does not have (NaN, infinity).
    """

    def __init__(self, script: str, data: dict, alt: str) -> None:
        if not alt.strip():
            raise ValueError("alt must say in words what the figure shows")
        self.alt = alt
        try:
            text = json.dumps({**data, "alt": alt}, allow_nan=False, separators=(",", ":"))
        except ValueError as error:
            message = f"the figure holds NaN or infinity, which no page can draw: {error}"
            raise ValueError(message) from error
        # Inside <script>, "</" could end the script and "<!--" hide what follows; in JSON a sign
        # may be written as its number.
        self.data = text.replace("<", "\\u003c")
        self.shared = (FOLDER / "elements.js").read_text("utf8")
        self.script = (FOLDER / f"{script}.js").read_text("utf8")

    def _repr_html_(self) -> str:
        # The same figure has the same key in each build, so that pages do not change by themselves.
        key = hashlib.sha256((self.shared + self.script + self.data).encode()).hexdigest()[:12]
        style = (FOLDER / "figure.css").read_text("utf8")
        return (
            f'<div class="sn-figure" data-key="{key}">'
            f"<style>{style}</style>"
            f"<noscript><p>{html.escape(self.alt)}</p></noscript></div>"
            f"<script>(function () {{\n{self.shared}const draw = {self.script.strip()};\n"
            f"const data = {self.data};\n"
            f"document.querySelectorAll('.sn-figure[data-key=\"{key}\"]:not([data-ready])')"
            ".forEach((root) => { root.dataset.ready = 'yes'; draw(root, data); });\n"
            "})();</script>"
        )

    def __repr__(self) -> str:
        return f"[interactive figure: {self.alt}]"


def rounded(values: Tensor, digits: int = 3) -> list:
    """Numbers as (nested) lists, short enough to put thousands of them into a page."""
    values = values.detach().cpu().double()
    if not torch.isfinite(values).all():
        raise ValueError("the figure holds NaN or infinity, which no page can draw")
    return torch.round(values, decimals=digits).tolist()


def limits(values: Tensor, margin: float = 0.06) -> list[float]:
    """Smallest and largest value, with a little room."""
    low, high = values.min().item(), values.max().item()
    room = margin * (high - low) or 1.0
    return [round(low - room, 4), round(high + room, 4)]


def check_one_each(name: str, found: Sequence | Tensor, wanted: int, of: str) -> None:
    """Raise ValueError unless there is one of ``name`` for each of ``of``."""
    if len(found) != wanted:
        raise ValueError(f"{name} must hold {wanted} values, one for each {of}, got {len(found)}")
