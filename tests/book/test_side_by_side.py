"""Chapters that run at the same time end in the cache where Jupyter Book looks for them."""

import os

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache

import side_by_side
from notebook_files import ROOT

SHARE = "import os; print(os.environ['OMP_NUM_THREADS'])"


@pytest.fixture
def chapter(tmp_path):
    def write(name: str, *cells: str):
        made = [nbformat.v4.new_code_cell(cell) for cell in cells]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
        return path

    return write


def outputs_in_cache(cache, path) -> str:
    _, merged = cache.merge_match_into_notebook(nbformat.read(path, 4))
    return "".join(out.text for cell in merged.cells for out in cell.outputs)


def test_each_gets_its_share_and_a_failed_one_is_left_to_the_book(chapter, tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "cores_here", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    good, other = chapter("01_good", SHARE), chapter("02_other", SHARE, "print('done')")
    broken = chapter("03_broken", "1 / 0")
    killed = chapter("04_killed", "import os; os._exit(1)")
    cache = get_cache(tmp_path / "cache")
    paths = [broken, killed, good, other]
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == [good, other]
    assert outputs_in_cache(cache, good) == "2\n"  # 8 cores for 4 chapters
    assert outputs_in_cache(cache, other) == "2\ndone\n"
    assert not any(side_by_side.is_cached(cache, path) for path in (broken, killed))
    assert os.environ["OMP_NUM_THREADS"] == "5"
    seconds = [record.data["execution_seconds"] for record in cache.list_cache_records()]
    assert len(seconds) == 2 and all(second > 0 for second in seconds)


def test_what_is_cached_does_not_run_again(chapter, tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "cores_here", lambda: 2)
    paths = [chapter("01", "print(1)"), chapter("02", "print(2)")]
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == paths
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == []


@pytest.mark.parametrize(("cores", "n"), [(1, 3), (8, 1)])
def test_one_core_or_one_chapter_is_left_to_the_book(chapter, tmp_path, monkeypatch, cores, n):
    monkeypatch.setattr(side_by_side, "cores_here", lambda: cores)
    paths = [chapter(f"0{i}", f"print({i})") for i in range(n)]
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == []


def test_chapters_that_measure_time_are_left_to_the_book(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(side_by_side, "cores_here", lambda: 1)
    monkeypatch.setattr(side_by_side, "is_cached", lambda cache, path: asked.append(path.stem))
    side_by_side.run_side_by_side(tmp_path)
    assert "01_siamese_idea" in asked
    assert not [name for name in asked if name.startswith(side_by_side.MEASURING)]


def test_a_cell_may_take_as_long_as_in_the_book():
    book = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    assert book["execute"]["timeout"] == side_by_side.TIMEOUT
