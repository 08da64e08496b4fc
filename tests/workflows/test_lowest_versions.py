import subprocess
import sys

import lowest_versions
from chapters import ROOT


def test_each_requirement_is_pinned_to_its_bound():
    pinned = dict(one.split("==") for one in lowest_versions.lowest())
    text = (ROOT / "requirements.txt").read_text("utf8")
    assert len(pinned) == 10
    assert all(f"{name}>={version}" in text for name, version in pinned.items())


def test_what_is_left_out_is_there():
    """A renamed folder would be run, and fail because the book's packages are not there."""
    for name in lowest_versions.NOT_OF_THE_LIBRARY:
        assert (ROOT / "tests" / name).is_dir(), name


def test_what_would_be_installed_can_be_printed():
    command = [sys.executable, "tools/lowest_versions.py", "--print"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "torch==" in printed and "pytest\n" in printed and ">=" not in printed
