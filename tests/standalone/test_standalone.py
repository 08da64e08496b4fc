"""A chapter alone in an empty folder, where only the setup cell can bring the library: as on Colab.

The setup cell's own ``pip install git+https://github.com/...`` runs; git takes the address for a
copy of this working tree. ``make test-standalone`` takes all chapters, otherwise two cheap ones.

Only packages that Colab ships are there (bare_environment.py says which are left out, and by what
list). What could differ on Colab: its versions of the packages (here: ours) and of Python; its GPU;
the download from GitHub; how its page shows Markdown, form views (``cellView: form``) and frames
around interactive figures.
"""

import base64
import io
import shutil
import sys

import executed
import nbformat
import numpy as np
import pytest
from bare_environment import OURS, Bare, has_package_index, publish
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from chapters import parametrize
from required import skip_or_fail

CHEAP = (9,)
pytestmark = pytest.mark.timeout(600)


def pytest_generate_tests(metafunc):
    parametrize(metafunc, CHEAP)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    if not has_package_index(tmp_path_factory.mktemp("download")):
        skip_or_fail("needs a package index, from which pip takes setuptools to build the library")
    return publish(tmp_path_factory.mktemp("github") / "repository")


@pytest.fixture
def bare(tmp_path, published, shared_cache):
    if sys.platform == "win32":
        pytest.skip("borrows packages by symbolic links")
    return Bare(tmp_path / "bare", published, shared_cache)


def test_chapter_alone_shows_everything(bare, chapter, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    notebook = folder / chapter.name
    shutil.copy(chapter, notebook)
    before = bare.packages()
    assert "torch" in before and "siamese-lib" not in before
    bare.run(
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--inplace",
        notebook.name,
        "--ExecutePreprocessor.timeout=300",
        cwd=folder,
    )
    after = bare.packages()
    assert after.pop("siamese-lib", None), "the setup cell has not installed the library"
    assert after == before, "the setup cell has changed installed versions"
    assert executed.problems(nbformat.read(notebook, as_version=4)) == []


def test_what_is_borrowed_is_not_ours(bare):
    borrowed = bare.folder / "borrowed"
    assert (borrowed / "torch").exists()
    assert not [path.name for pattern in OURS for path in borrowed.glob(pattern)]
    ask = "import importlib.util as u; print(u.find_spec('siamese_lib'))"
    assert bare.run("-c", ask).strip() == "None"


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(np.array(pixels, np.uint8)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


WHITE, DRAWN = png([[255, 255], [255, 255]]), png([[0, 255], [255, 0]])


def code(source, outputs=(), tags=(), count=1, name="cell"):
    return new_code_cell(
        source, id=name, outputs=[*outputs], metadata={"tags": [*tags]}, execution_count=count
    )


def shows(**data):
    return new_output("display_data", {name.replace("_", "/"): x for name, x in data.items()})


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (new_markdown_cell("![a](../book/a.svg)", id="cell"), "picture ../book/a.svg is not"),
        (new_markdown_cell("<img alt='a' src='a.png'>", id="cell"), "picture a.png is not"),
        (new_markdown_cell("![a](attachment:a.png)", id="cell"), "picture attachment:a.png"),
        (code("1 / 0", [new_output("error", ename="Oops", evalue="", traceback=[])]), "error Oops"),
        (code("1", count=None), "was not run"),
        (code("draw()", tags=["figure"]), "no picture"),
        (code("draw()", [shows(image_png=WHITE)], ["figure"]), "blank picture"),
        (code("hover_map(x)", [shows(text_html="<p>")]), "no interactive figure"),
    ],
)
def test_each_problem_is_found(cell, problem):
    (found,) = executed.problems(new_notebook(cells=[cell]))
    assert found.startswith(f"cell: {problem}")


def test_good_cells_have_no_problem():
    cells = [
        new_markdown_cell("![a](https://x.org/a.png) and `![b](b.png)`"),
        code("draw()", [shows(image_png=DRAWN)], ["figure"], name="drawing"),
        code("hover_map(x)", [shows(text_html="<p>" * 500)], name="map"),
        code("", count=None, name="empty"),
    ]
    assert executed.problems(new_notebook(cells=cells)) == []
