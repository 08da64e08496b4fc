"""Small archives in the form of Omniglot's, made on the spot."""

import io
import zipfile

import numpy as np
from PIL import Image

ALPHABETS = {"Greek": 2, "Latin": 1}
N_CHARACTERS = sum(ALPHABETS.values())


def drawing(seed: int, side: int = 105, mode: str = "1") -> bytes:
    """A PNG of thick random strokes, ink black on white as in Omniglot."""
    rng = np.random.default_rng(seed)
    paper = np.full((side, side), 255, dtype=np.uint8)
    for _ in range(3):
        row, column = rng.integers(10, side - 40, 2)
        paper[row : row + 4, column : column + 30] = 0
        paper[row : row + 30, column : column + 4] = 0
    file = io.BytesIO()
    Image.fromarray(paper).convert(mode).save(file, "png")
    return file.getvalue()


def write_archive(path, split="background", replace=(), leave_out=()):
    """Write a small archive; ``replace`` maps member names to other bytes."""
    replace = dict(replace)
    number = 0
    with zipfile.ZipFile(path, "w") as archive:
        for alphabet, count in ALPHABETS.items():
            for character in range(1, count + 1):
                number += 1
                for drawer in range(1, 21):
                    name = (
                        f"images_{split}/{alphabet}/character{character:02d}/"
                        f"{number:04d}_{drawer:02d}.png"
                    )
                    if name not in leave_out:
                        archive.writestr(name, replace.get(name, drawing(100 * number + drawer)))
    return path
