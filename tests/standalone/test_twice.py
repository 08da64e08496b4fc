"""Each cell twice, and a reader's own pictures where a chapter takes them: it comes to its end.

``make test-standalone`` takes all chapters, otherwise one.
"""

import copy
import re

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from chapters import parametrize
from siamese_lib.data.signatures import make_signatures

CHEAP = (9,)
OWN = re.compile(r"^folder = None\b.*", re.M)
pytestmark = pytest.mark.timeout(900)


def pytest_generate_tests(metafunc):
    parametrize(metafunc, CHEAP)


@pytest.fixture
def photographs(tmp_path):
    """Colour pictures of 60 classes as class/session/number.jpg, hardly to be told apart."""
    draw = np.random.default_rng(0)
    for label in range(60):
        colour = draw.integers(80, 170, (1, 1, 3))
        for number in range(6):
            place = tmp_path / "photos" / f"class {label}" / f"day {number // 2}"
            place.mkdir(parents=True, exist_ok=True)
            pixels = (colour + draw.normal(0, 40, (48, 40, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{number}.jpg")
    return tmp_path / "photos"


@pytest.fixture
def signatures(tmp_path):
    made = make_signatures(30, 10, 10, size=(48, 120), seed=9)
    for name, data in (("full_org/original", made.genuine), ("full_forg/forgeries", made.forged)):
        (tmp_path / "CEDAR" / name).parent.mkdir(parents=True)
        for row, picture in enumerate(data.images[:, 0]):
            path = tmp_path / "CEDAR" / f"{name}_{1 + int(data.groups[row])}_{1 + row % 10}.png"
            Image.fromarray(255 - picture.numpy()).save(path)
    return tmp_path / "CEDAR"


def test_each_cell_can_run_twice_on_a_readers_own_pictures(
    chapter, photographs, signatures, shared_cache, monkeypatch
):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    notebook = nbformat.read(chapter, 4)
    doubled = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            folder = signatures if "CEDAR" in cell.source else photographs
            own = f"from pathlib import Path\nfolder = Path({str(folder)!r})"
            cell.source = OWN.sub(lambda _, own=own: own, cell.source)
            doubled += [cell, copy.deepcopy(cell)]
            doubled[-1].id += "-again"
    notebook.cells = doubled
    client = NotebookClient(
        notebook, timeout=600, allow_errors=True, resources={"metadata": {"path": chapter.parent}}
    )
    client.execute()
    problems = [
        f"{cell.id}: {output.ename}: {output.evalue}"
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert not problems
