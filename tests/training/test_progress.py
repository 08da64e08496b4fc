"""A bar for who watches, a line now and then for a log file, nothing for who wants nothing."""

import io
import sys

import pytest

from siamese_lib.training import progress as module
from siamese_lib.training.progress import Progress


class Screen(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Ten seconds go by at each step."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def steps(monkeypatch):
    """Goes through steps 5 to 20 of 20 as ``fit`` does, in the seconds of a clock of its own."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)

    def go(show):
        counted = []
        progress = Progress(5, 20, show)
        for step in progress:
            counted.append(step)
            clock.now += 10
            if step == 11:
                progress.show({"spread": 0.12345, "active": 1.0})
        assert counted == list(range(5, 20))

    return go


def test_a_line_now_and_then_where_nobody_watches(steps, caplog, capsys):
    steps(show=True)
    assert [message.strip() for message in caplog.messages] == [
        "step 9 of 20",
        "step 13 of 20 spread 0.123, active 1",
        "step 17 of 20 spread 0.123, active 1",
    ]
    assert capsys.readouterr().err == ""


def test_no_line_before_its_time(steps, caplog, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 151.0)
    steps(show=True)
    assert not caplog.messages


def test_a_bar_on_a_terminal(steps, caplog, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    steps(show=True)
    assert "20/20" in screen.getvalue() and "spread 0.123" in screen.getvalue()
    assert not caplog.messages


def test_a_bar_in_a_notebook(steps, caplog, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", module)
    steps(show=True)
    assert "20/20" in capsys.readouterr().err and not caplog.messages


@pytest.mark.parametrize("watched", [False, True])
def test_nothing_where_nothing_is_wanted(steps, caplog, monkeypatch, watched):
    screen = Screen() if watched else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    steps(show=False)
    assert screen.getvalue() == "" and not caplog.messages
