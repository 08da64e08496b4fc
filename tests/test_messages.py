"""Notes are printed by default; a program can silence or collect them."""

import subprocess
import sys

import pytest

SAY = "from siamese_lib.messages import note; note('hello ' * 30)"
SILENCE = "import logging; logging.getLogger('siamese_lib').setLevel('WARNING'); "
COLLECT = "import logging; logging.basicConfig(format='%(name)s|%(message)s'); "


def said_by(program):
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return run.stdout, run.stderr


def test_printed_by_default_in_lines_that_fit():
    out, err = said_by(SAY)
    assert out.startswith("Note: hello") and err == ""
    assert max(map(len, out.splitlines())) <= 88 and out.count("hello") == 30


def test_silenced():
    assert said_by(SILENCE + SAY) == ("", "")


def test_collected_and_not_printed_as_well():
    out, err = said_by(COLLECT + SAY)
    assert out == "" and err.startswith("siamese_lib|Note: hello")


def test_a_handler_of_its_own(caplog):
    from siamese_lib.messages import note

    note("good morning")
    assert caplog.messages == ["Note: good morning"]


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_level_of_the_library_alone(level, caplog):
    from siamese_lib.messages import note

    with caplog.at_level(level, logger="siamese_lib"):
        note("nobody hears this")
    assert not caplog.messages
