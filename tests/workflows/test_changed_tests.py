"""What ``make check`` runs: the tests of what was changed."""

import subprocess

import pytest

from changed_tests import ALWAYS, OF_CHAPTERS, changed_files, those_that_belong


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("siamese_lib/losses/triplet.py", ["tests/losses"]),
        ("siamese_lib/checks.py", ["tests/test_checks.py"]),
        ("tools/side_by_side.py", ["tests/book/test_side_by_side.py"]),
        ("notebooks/03_contrastive_loss.ipynb", OF_CHAPTERS),
        ("tests/miners/test_miners.py", ["tests/miners/test_miners.py"]),
        ("tests/assignments/test_class.py", []),
        ("siamese_lib/no_such_package/x.py", []),
        ("README.md", []),
    ],
)
def test_each_file_has_its_tests(file, tests):
    assert those_that_belong([file]) == [*ALWAYS, *tests]


def test_what_is_changed_is_what_is_not_on_the_branch_that_is_followed(tmp_path):
    def git(*words, where=tmp_path / "copy"):
        settings = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *settings, *words], cwd=where, check=True, capture_output=True)

    origin = tmp_path / "origin"
    origin.mkdir()
    git("init", "-b", "main", where=origin)
    (origin / "old.py").write_text("1")
    git("add", ".", where=origin)
    git("commit", "-m", "old", where=origin)
    git("clone", str(origin), "copy", where=tmp_path)
    copy = tmp_path / "copy"
    assert changed_files(copy) == []
    (copy / "committed.py").write_text("1")
    git("add", ".")
    git("commit", "-m", "new")
    (copy / "old.py").write_text("2")
    (copy / "näw.py").write_text("1")
    assert sorted(changed_files(copy)) == ["committed.py", "näw.py", "old.py"]
