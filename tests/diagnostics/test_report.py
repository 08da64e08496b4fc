"""Reports are read by people."""

import pytest

from siamese_lib.diagnostics import Finding, Report


def test_a_report_says_what_it_found_and_what_it_looked_at():
    report = Report("check")
    report.looks("one thing")
    report.looks("one thing")
    assert report.healthy and report.names == ()
    assert str(report) == "check: nothing found.\nLooked at: one thing."
    report.add("loud", "warning", "It is loud. " * 10, "90 dB", "turn it down")
    assert not report.healthy and report.names == ("loud",)
    lines = str(report).split("\n")
    assert lines[0] == "check: 1 finding." and lines[1].startswith("warning, loud: It is loud.")
    assert "  measured: 90 dB" in lines and "  cure: turn it down" in lines
    assert all(len(line) <= 88 for line in lines)
    report.add("red", "error", "It is red.", "700 nm", "paint it")
    assert str(report).startswith("check: 2 findings.")


def test_severities_are_two():
    with pytest.raises(ValueError, match="severity must be one of error, warning"):
        Finding("name", "fatal", "what", "measured", "cure")
