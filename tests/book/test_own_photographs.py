"""Chapter 15 on a folder of pictures that are no groceries, and where there are no photographs."""

import json
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw

from required import needs_packages
from siamese_lib.models.pretrained_backbone import BUILDER, PACKAGE

CHAPTER = Path(__file__).resolve().parents[2] / "notebooks" / "15_your_own_photographs.ipynb"
ONE_LINE = re.compile(r"^folder = None\b.*$", re.M)
SHAPES = ("ellipse", "rectangle", "triangle", "cross")


def toy(shape, colour, drawing):
    """A photograph of a toy: somewhere on a wall of changing light."""
    wall = drawing.integers(60, 200, 3)
    pixels = np.clip(wall + drawing.normal(0, 12, (120, 160, 3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    x, y, r = drawing.integers(50, 110), drawing.integers(45, 75), drawing.integers(25, 40)
    draw, box = ImageDraw.Draw(image), (x - r, y - r, x + r, y + r)
    if shape == "triangle":
        draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], colour)
    elif shape == "cross":
        draw.line((x - r, y, x + r, y), colour, width=14)
        draw.line((x, y - r, x, y + r), colour, width=14)
    else:
        getattr(draw, shape)(box, colour)
    return image


@pytest.fixture
def toys(tmp_path):
    """Twelve kinds of toys on two days, of several modes and formats, and a few odd files."""
    drawing = np.random.default_rng(0)
    for number in range(12):
        colour = ("red", "gold", "blue")[number // 4]
        for day in ("monday", "friday"):
            folder = tmp_path / "toys" / f"{colour} {SHAPES[number % 4]}" / day
            folder.mkdir(parents=True)
            for shot in range(5):
                image = toy(SHAPES[number % 4], colour, drawing)
                mode, ending = (("RGB", "jpg"), ("RGBA", "png"), ("CMYK", "jpg"))[shot % 3]
                image.convert(mode).save(folder / f"{shot}.{ending}")
    (tmp_path / "toys" / "alone").mkdir()
    toy("cross", "red", drawing).save(tmp_path / "toys" / "alone" / "1.jpg")
    (tmp_path / "toys" / "red cross" / "notes.txt").write_text("bought in May")
    return tmp_path / "toys"


def run(folder=None):
    """What the chapter's cells leave behind, with one line changed."""
    matplotlib.use("Agg")
    cells = json.loads(CHAPTER.read_text("utf8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert sum(len(ONE_LINE.findall(source)) for source in code) == 1
    left = {"__name__": "chapter"}
    for source in code:
        if folder is not None:
            source = ONE_LINE.sub(f"folder = {str(folder)!r}", source)
        exec(compile(source, CHAPTER.stem, "exec"), left)
    matplotlib.pyplot.close("all")
    return left


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_a_folder_of_toys_by_changing_one_line(toys, monkeypatch, tmp_path, caplog):
    needs_packages(BUILDER, PACKAGE)
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    left = run(toys)
    assert "1 of 13 class folders" in caplog.text  # a class with one picture
    assert [len(rows) for rows in left["parts"]] == [12, 48, 60]
    assert left["scores"]["linear head"][2].mean() > 0.6  # of 12 classes
    assert len(left["explanations"]) == 3 and "occlusion map" in left["losses"]
    assert 0 < left["hidden_scores"]["whole"] <= 1


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_without_photographs_it_says_so_and_goes_on(monkeypatch, caplog):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    left = run()
    assert "the photographs are not on this machine" in caplog.text
    assert not left["shop"].has_pictures and left["backbone"] is None
    assert left["by_visit"] > 0.6 and not left["explanations"]
