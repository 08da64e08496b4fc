"""Who stands at the live door when the page opens: made-up people with made-up signs."""

import json

import torch

from siamese_lib.data.glyphs.alphabets import design_alphabets, design_characters
from siamese_lib.data.glyphs.drawers import meet_drawers, pen_paths
from siamese_lib.pages.results import load_result

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Fay")
STRANGERS = 4
AGAIN = 4  # times that each of them comes back
SEED = 5
PAPER = 105
EVERY = 3  # of the 40 points along a stroke; the page joins them by straight lines


def people_script() -> str:
    """``live.doorData``: six people, some strangers, and what a threshold does."""
    generator = torch.Generator().manual_seed(SEED)
    n = len(NAMES) + STRANGERS
    signs = design_characters(design_alphabets(n, generator), 1, generator)
    hands = meet_drawers(n, generator)
    drawings = [strokes_on_the_pad(*pen_paths(signs, hands, generator)) for _ in range(1 + AGAIN)]
    people = [
        {"name": name, "strokes": drawings[0][i], "again": [more[i] for more in drawings[1:]]}
        for i, name in enumerate(NAMES)
    ]
    strangers = [drawings[0][i] for i in range(len(NAMES), n)]
    rows = load_result("live_door")["rows"]
    door = next(row for row in rows if row["part"] == "threshold")
    data = {"people": people, "strangers": strangers, "door": door}
    return f"live.doorData = {json.dumps(data, separators=(',', ':'))};\n"


def strokes_on_the_pad(paths: torch.Tensor, lengths: torch.Tensor, every: int = EVERY) -> list:
    """Paths from -1 to 1 as lists of strokes, in dots of a pad with 105 a side."""
    last = paths.shape[2] - 1
    points = [*range(0, last, every), last]
    dots = ((paths[:, :, points] + 1) * PAPER / 2).clamp(0, PAPER).double()
    dots = dots.mul(10).round().div(10)
    return [
        [stroke.tolist() for stroke, used in zip(one, length[:, 0] > 0, strict=True) if used]
        for one, length in zip(dots, lengths, strict=True)
    ]
