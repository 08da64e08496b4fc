"""The results page and the page on claims say what the stored results say."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import claims  # noqa: E402
import claims_page  # noqa: E402
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


def test_a_score_of_several_seeds_keeps_the_kind_of_its_interval():
    values = [{"accuracy": a, "low": a - 0.02, "high": a + 0.03} for a in (0.90, 0.92, 0.94)]
    assert results_page.score_cell(values) == "92.0 (90.0 to 95.0)"
    assert results_page.score_cell(values[:1]) == "90.0 (88.0 to 93.0)"


def test_times_on_one_core_stand_apart_from_those_on_two():
    rows = [{"threads": t, "training_seconds": s} for t, s in ((1, 9.6), (2, 5.2), (1, 11.0))]
    assert results_page.seconds_cell(rows) == "5 (on 2), 10 to 11 (on 1)"


def test_the_page_on_claims_is_what_the_stored_runs_give():
    cure = "run: python benchmarks/claims_page.py"
    text = claims_page.PAGE.read_text("utf8")
    assert text == claims_page.page(), cure
    assert "<<" not in text


def test_no_claim_fails_in_a_stored_run():
    """Such a claim is to be weakened, not to be stored. What a clock decides may fail."""
    runs = [row for rows in claims_page.groups().values() for row in rows]
    assert {row["chapter"] for row in runs} == {*claims.chapters()}
    assert not [row["error"] for row in runs if row["error"]]
    assert not [
        (*claims.key(row), claims_page.failed(row)) for row in runs if claims_page.failed(row)
    ]


def test_an_assertion_that_fails_is_noted_and_stops_nothing():
    cell = """
def inside(x):
    assert x > 1, "too small"
    return x
for x in (3, 0):
    y = inside(x)
assert y == 0
assert y > (
    1
)  # machine
"""
    space = {}
    found, error = claims.run_cells([("one", cell), ("two", "done = True")], space)
    assert error is None and space["done"]
    assert [claim["held"] for claim in found] == [[True, False], [True], [False]]
    assert [claim["machine"] for claim in found] == [False, False, True]
    assert found[0]["text"] == 'assert x > 1, "too small"' and found[0]["cell"] == "one"


def test_an_error_ends_the_run_and_says_where():
    found, error = claims.run_cells([("one", "1 / 0"), ("two", "assert True")], {})
    assert error == "one: ZeroDivisionError: division by zero"
    assert found[0]["held"] == []


def test_seeds_of_two_runs_never_meet():
    """A chapter counts on from its SEED, by less than the distance to the next."""
    code = " ".join(source for name in claims.chapters() for _, source in claims.code_cells(name))
    steps = [int(step) for step in re.findall(r"SEED \+ (\d+)", code)]
    gaps = [b - a for a, b in zip(claims.SEEDS, claims.SEEDS[1:], strict=False)]
    assert max(steps) < min(gaps)
