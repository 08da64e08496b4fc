"""Chapters that run at the same time end in the cache where Jupyter Book looks for them."""

import os

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache

import build_book
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


def test_each_gets_its_share_and_a_failed_one_costs_only_itself(chapter, tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "cores_here", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    good, other = chapter("01_good", SHARE), chapter("08_other", SHARE, "print('done')")
    measuring = chapter("02_measuring", SHARE, "print('alone')")
    silent = chapter("03_silent", "1", "# the check\n\nassert 1 > 2")
    killed = chapter("05_killed", "import os; os._exit(1)")
    cache = get_cache(tmp_path / "cache")
    paths = [silent, killed, measuring, good, other]
    of_silent, of_killed = side_by_side.run_side_by_side(tmp_path / "cache", paths)
    assert outputs_in_cache(cache, good) == "2\n"  # 8 cores for 4 chapters
    assert outputs_in_cache(cache, other) == "2\ndone\n"
    assert outputs_in_cache(cache, measuring) == "8\nalone\n"
    assert not any(side_by_side.is_cached(cache, path) for path in (silent, killed))
    assert os.environ["OMP_NUM_THREADS"] == "5"
    seconds = [record.data["execution_seconds"] for record in cache.list_cache_records()]
    assert len(seconds) == 3 and all(second > 0 for second in seconds)
    # Chapter, cell and cause, also of an error that says nothing itself.
    assert of_silent[:3] == (
        "03_silent",
        "cell 2 (# the check)",
        "AssertionError at: assert 1 > 2",
    )
    assert of_killed.place.startswith("cell 1 (import os") and "Dead" in of_killed.cause
    last_lines = build_book.report([of_silent, of_killed]).splitlines()[-10:]
    assert "03_silent, cell 2 (# the check):" in last_lines
    assert "  AssertionError at: assert 1 > 2" in last_lines
    # The next build runs only those that failed.
    monkeypatch.setattr(side_by_side, "executed", lambda path: of_killed)
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == [of_killed] * 2


def test_the_report_on_many_failures_ends_with_the_causes():
    one = side_by_side.Failure("01", "cell 1 (x)", "E: y", "line\n" * 50)
    last_lines = build_book.report([one] * 9).splitlines()[-11:]
    assert last_lines.count("01, cell 1 (x):") == 3 and "and 6 more, see above" in last_lines


@pytest.mark.parametrize("cores", [1, 2])
def test_what_is_cached_does_not_run_again(chapter, tmp_path, monkeypatch, cores, capfd):
    monkeypatch.setattr(side_by_side, "cores_here", lambda: cores)
    paths = [chapter("01", "print(1)"), chapter("02", "print(2)")]
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == []
    assert all(side_by_side.is_cached(get_cache(tmp_path / "cache"), path) for path in paths)
    monkeypatch.setattr(side_by_side, "executed", lambda path: pytest.fail("it runs again"))
    assert side_by_side.run_side_by_side(tmp_path / "cache", paths) == []
    assert "without encryption" not in capfd.readouterr().err


def test_a_cell_may_take_as_long_as_in_the_book():
    book = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    assert book["execute"]["timeout"] == side_by_side.TIMEOUT
