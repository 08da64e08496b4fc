"""The program that tries the sandbox finds it as the guide says, and notices one that is open."""

import pytest

from grading import selftest
from grading.selftest import run_trials, table


@pytest.mark.timeout(900)
def test_everything_is_as_promised(kind):
    outcomes = list(run_trials(kind))
    assert [one for one in outcomes if not one.is_good] == []
    assert {one.group for one in outcomes} == {"read", "reach", "use up", "leave behind"}
    assert table(kind, outcomes).count("\n") == len(outcomes) + 1


@pytest.mark.parametrize(
    ("judge", "open_one"),
    [
        (selftest.nothing, ["a file"]),
        (selftest.nothing, "it stops with NameError: report"),
        (selftest.refused, ["ConnectionRefusedError", 1]),
        (selftest.ended, None),
        (selftest.ended, "bubblewrap did not start"),
        (selftest.at_most(100, "MB"), 101),
        (selftest.at_most(100, "MB"), "it stops with NameError: report"),
    ],
)
def test_a_sandbox_that_is_open_is_not_called_good(judge, open_one):
    assert not judge(open_one)[1]
