"""The results page says what the stored results say."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import results_page  # noqa: E402


def test_the_page_is_what_the_stored_results_give():
    cure = "run: python benchmarks/results_page.py"
    assert results_page.PAGE.read_text("utf8") == results_page.page(), cure


def test_nothing_is_left_to_fill_in():
    assert "<<" not in results_page.page()


@pytest.mark.parametrize("figure", ["landmarks", "levers", "learning_curve"])
def test_its_figures_are_there(figure):
    assert (results_page.FIGURES / f"{figure}.svg").stat().st_size > 2000
    assert f"{figure}.svg" in results_page.page()


def test_a_score_with_several_seeds_is_their_mean_and_interval():
    values = [{"accuracy": a, "low": 0.1, "high": 0.9} for a in (0.90, 0.92, 0.94)]
    assert results_page.score_cell(values) == "92.0 (87.0 to 97.0)"
    assert results_page.score_cell(values[:1]) == "90.0 (10.0 to 90.0)"
