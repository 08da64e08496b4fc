"""The checks of the built pages, and what makes the chapters run again."""

import os
import re
import shutil
import subprocess
import types
import venv

import pytest

import build_book
import html_checks
import install

GOOD = """<html><body><h1 id="top">Title</h1><img src="a.png" alt="two twins">
<p>Words. <code>{glue:text}</code></p><pre>Traceback (most recent call last)</pre>
<a href="#top">up</a> <a href="other.html#there">there</a> <a href="https://example.org/x">out</a>
</body></html>"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a.png").write_bytes(b"png")
    (tmp_path / "index.html").write_text(GOOD, "utf8")
    (tmp_path / "other.html").write_text('<p id="there">x</p>', "utf8")
    return tmp_path


def test_a_good_site_has_no_problem(site):
    assert html_checks.problems_of_site(site) == []


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ('src="a.png"', 'src="b.png"', "picture b.png is missing"),
        (' alt="two twins"', "", "has no alt text"),
        ('alt="two twins"', 'alt="_images/abc.png"', "has no alt text"),
        ('href="other.html#there"', 'href="gone.html"', "link to gone.html, which does not exist"),
        ("#there", "#nowhere", "has no such place"),
        ("#top", "#bottom", "has no such place"),
        ("Words.", "See {glue:text}`x`.", "raw markup '{glue:text}'"),
        ("Words.", "Traceback (most recent call last)", "raw markup 'Traceback"),
        ("Words.", ":::{note}", "raw markup ':::'"),
        ("Words.", "x</code></p><p>{cite}`y`.", "raw markup '{cite}'"),  # a stray end tag
    ],
)
def test_each_problem_is_found(site, good, bad, problem):
    assert good in GOOD
    (site / "index.html").write_text(GOOD.replace(good, bad), "utf8")
    (found,) = html_checks.problems_of_site(site)
    assert found.startswith("index.html: ") and problem in found


def test_an_empty_site_is_a_problem(tmp_path):
    assert html_checks.problems_of_site(tmp_path) == [f"{tmp_path} holds no page"]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ("constraints.txt", "book/_ext/book_sphinx.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(build_book.ROOT / name, tmp_path / name)
    (tmp_path / "siamese_lib").mkdir()
    (tmp_path / "siamese_lib" / "a.py").write_text("x = 1\n")
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path / "data"))
    return tmp_path


def test_nothing_changed_means_the_same_fingerprint(tree):
    before = build_book.fingerprint(tree)
    (tree / "siamese_lib" / "a.pyc").write_bytes(b"compiled")
    assert build_book.fingerprint(tree) == before


def change_library(tree, monkeypatch):
    (tree / "siamese_lib" / "a.py").write_text("x = 2\n")


def change_source(tree, monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")


def get_omniglot(tree, monkeypatch):
    (tree / "data" / "omniglot-py").mkdir(parents=True)
    (tree / "data" / "omniglot-py" / "images_background.zip").write_bytes(b"zip")


def change_extension(tree, monkeypatch):
    (tree / "book" / "_ext" / "boxes.py").write_text("x = 1\n")


def change_versions(tree, monkeypatch):
    (tree / "constraints.txt").write_text("torch==1\n")


def change_torch(tree, monkeypatch):
    monkeypatch.setattr(build_book, "version", lambda name: "another")


@pytest.mark.parametrize(
    "change",
    [
        change_library,
        change_extension,
        change_source,
        get_omniglot,
        change_versions,
        change_torch,
    ],
)
def test_a_change_that_matters_changes_the_fingerprint(tree, monkeypatch, change):
    before = build_book.fingerprint(tree)
    change(tree, monkeypatch)
    assert build_book.fingerprint(tree) != before


@pytest.fixture
def build_folder(tmp_path, monkeypatch):
    for name, path in (("BUILD", "."), ("MARK", "made_from.txt"), ("UNFINISHED", "unfinished")):
        monkeypatch.setattr(build_book, name, tmp_path / path)
    monkeypatch.setattr(build_book, "HTML", tmp_path / "html")
    monkeypatch.setattr(build_book, "fingerprint", lambda: "the same")
    monkeypatch.setattr(build_book.side_by_side, "run_side_by_side", lambda cache: [])
    (tmp_path / "made_from.txt").write_text("the same")
    (tmp_path / ".doctrees").mkdir()
    return tmp_path


def test_after_an_interrupted_build_all_pages_are_read_again(build_folder, monkeypatch):
    pages_read_before, prepared = [], []
    monkeypatch.setattr(
        build_book.side_by_side, "run_side_by_side", lambda cache: prepared.append(cache) or []
    )

    def interrupted(command, **options):
        assert prepared == [build_folder / ".jupyter_cache"]  # before the book looks there
        prepared.clear()
        pages_read_before.append((build_folder / ".doctrees").exists())
        (build_folder / ".doctrees").mkdir(exist_ok=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(build_book.jupyter_book_command.subprocess, "run", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            build_book.main()
    assert pages_read_before == [True, False]


def test_a_chapter_that_fails_is_all_that_is_said(build_folder, monkeypatch, capsys):
    failure = build_book.side_by_side.Failure("06", "cell 24 (x)", "AssertionError", "...")
    monkeypatch.setattr(build_book.side_by_side, "run_side_by_side", lambda cache: [failure])
    monkeypatch.setattr(build_book.jupyter_book_command, "build", lambda *_: pytest.fail("built"))
    assert build_book.main() == 1
    assert "06, cell 24 (x):" in capsys.readouterr().err


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["01: c1_a is 2, written is 1"], 1)])
def test_a_text_that_is_not_that_of_its_run_fails_the_build(
    build_folder, monkeypatch, capsys, problems, code
):
    done = types.SimpleNamespace(returncode=0)
    monkeypatch.setattr(
        build_book.jupyter_book_command.subprocess, "run", lambda command, **options: done
    )
    monkeypatch.setattr(build_book, "problems_of_site", lambda html: [])
    monkeypatch.setattr(build_book, "problems_of_numbers", lambda: problems)
    monkeypatch.setattr(build_book, "chapter_times", lambda: [])
    monkeypatch.setattr(build_book.build_slides, "main", lambda: 0)  # needs the runs of a build
    assert build_book.main() == code
    said = capsys.readouterr().err
    assert all(problem in said for problem in problems) and ("make numbers" in said) == bool(code)


def test_times_of_chapters_are_those_of_the_newest_run(tmp_path, monkeypatch):
    chapter = tmp_path / "01_twins.ipynb"
    chapter.touch()

    def record(uri, created, seconds):
        data = {"execution_seconds": seconds}
        return types.SimpleNamespace(uri=str(uri), created=created, data=data)

    records = [
        record(chapter, 2, 7.5),
        record(chapter, 1, 99),
        record(tmp_path / "gone.ipynb", 3, 1),
    ]
    cache = types.SimpleNamespace(list_cache_records=lambda: records)
    monkeypatch.setattr(build_book, "get_cache", lambda path: cache)
    assert build_book.chapter_times() == ["   7.5 s  01_twins"]


def test_a_half_made_environment_gets_its_pip(tmp_path, monkeypatch):
    python = tmp_path / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")
    monkeypatch.setattr(install, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", python)
    venv.create(tmp_path / ".venv", symlinks=os.name != "nt")  # stopped before it had pip
    assert not install.runs("pip", "--version")
    run = subprocess.run
    monkeypatch.setattr(
        install.subprocess,
        "run",
        lambda command, **options: run(
            command if "install" not in command else [str(python), "-c", "pass"], **options
        ),
    )
    assert install.main() == 0
    assert install.runs("pip", "--version")


PROJECT = (build_book.ROOT / "pyproject.toml").read_text("utf8")  # Python 3.10 has no tomllib


def test_oldest_python_is_said_once():
    oldest = ".".join(map(str, install.OLDEST))
    assert f'requires-python = ">={oldest}"' in PROJECT


def test_requirements_hold_what_the_library_needs_with_the_same_bounds():
    needed = re.search(r"^dependencies = \[(.*?)\]", PROJECT, re.S | re.M).group(1)
    needed = re.findall(r'"(.+?)"', needed)
    lines = (build_book.ROOT / "requirements.txt").read_text("utf8").splitlines()
    assert len(needed) > 5 and set(needed) <= {line.split("#")[0].strip() for line in lines}
