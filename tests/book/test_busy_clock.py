"""The clock with which the chapters are checked jumps; so a page that depends on a time fails."""

import itertools
import runpy
import time
from pathlib import Path

import pytest

import check
from notebook_files import ROOT

CLOCK = ROOT / "tools" / "ipython" / "profile_default" / "startup" / "busy_clock.py"


def test_a_comparison_of_two_times_turns_out_either_way(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", time.perf_counter)  # put back afterwards
    runpy.run_path(str(CLOCK))
    looks = [time.perf_counter() for _ in range(400)]
    assert looks == sorted(looks), "time goes forward"
    lengths = [later - earlier for earlier, later in itertools.pairwise(looks)]
    quicker = sum(a < b for a, b in itertools.pairwise(lengths)) / len(lengths)
    assert 0.2 < quicker < 0.8 and 5 < max(lengths) < 10.5


def test_the_chapters_are_checked_with_it():
    (folder,) = check.BUSY.values()
    assert set(check.BUSY) <= set(check.CHECKS) and CLOCK.is_relative_to(folder)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_no_chapter_asserts_a_time(path: Path):
    lines = path.read_text("utf8").split("\n")
    assert [line for line in lines if "assert" in line and "# machine" in line] == []
