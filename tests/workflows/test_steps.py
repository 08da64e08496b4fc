"""The programs that are the steps of the workflows, with a local server, a made-up gh and past."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

import external_links
import in_venv
import repository_url
from chapters import ROOT
from ci import assert_made, changed_pages, fetch_omniglot, open_issue
from local_server import files_of, serving
from siamese_lib.data import download


@pytest.fixture
def server(tmp_path):
    """Serves the folder ``served``; gives its address."""
    (tmp_path / "served").mkdir()
    with serving(files_of(tmp_path / "served")) as (_, address):
        yield address


# --- the data


@pytest.fixture
def on_github(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path / "data"))
    return tmp_path


def test_omniglot_that_can_be_had_is_fetched_and_checked(on_github, server, monkeypatch, capsys):
    for name, (_, _) in list(download.FILES.items()):
        (on_github / "served" / name).write_bytes(name.encode())
        md5 = hashlib.md5(name.encode()).hexdigest()
        monkeypatch.setitem(download.FILES, name, (name, md5))
    assert fetch_omniglot.main(server) == 0
    assert (on_github / "output").read_text() == "source=omniglot\n"
    assert len(list((on_github / "data" / "omniglot-py").iterdir())) == 3
    assert capsys.readouterr().out.count("checksum right") == 3


def test_without_omniglot_the_run_goes_on_with_a_warning(on_github, server, capsys):
    assert fetch_omniglot.main(server) == 0
    assert (on_github / "output").read_text() == "source=glyphs\n"
    assert "::warning::Omniglot cannot be had" in capsys.readouterr().out


# --- pages that changed


def git(folder, *arguments):
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_changed_files_are_those_since_the_branch_began(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "checkout", "-qb", "branch")
    (tmp_path / "a.md").write_text("2")
    git(tmp_path, "commit", "-qam", "mine")
    git(tmp_path, "checkout", "-q", "main")
    (tmp_path / "b.md").write_text("3")
    git(tmp_path, "commit", "-qam", "somebody else's")
    git(tmp_path, "checkout", "-q", "branch")
    assert changed_pages.changed_files("main", tmp_path) == ["a.md"]
    with pytest.raises(SystemExit, match="no common past with nothing"):
        changed_pages.changed_files("nothing", tmp_path)


def test_the_report_names_pages_and_what_may_change_all(on_github, monkeypatch, capsys):
    changed = ["notebooks/03_contrastive_loss.ipynb", "siamese_lib/losses/a.py", "tests/a.py"]
    monkeypatch.setattr(changed_pages, "changed_files", lambda base: changed)
    assert changed_pages.main("main") == 0
    said = capsys.readouterr().out
    assert "this changes: 1" in said and "- `notebooks/03_contrastive_loss.html`" in said
    assert "Changed too: siamese_lib/." in said
    assert (on_github / "summary").read_text("utf8") == said


def test_every_page_of_the_contents_is_known():
    pages = changed_pages.pages()
    assert pages["book/intro"] == "book/intro.html" and len(pages) > 30
    for source in pages:
        assert (ROOT / f"{source}.md").exists() or (ROOT / f"{source}.ipynb").exists(), source


# --- files that should be there


def test_what_was_not_made_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.html").write_text("x")
    (tmp_path / "b.html").touch()
    assert assert_made.main(["a.html"]) == 0
    assert assert_made.main(["*.html", "c.html"]) == 1
    assert capsys.readouterr().err == "b.html: empty\nc.html: not made\n"


# --- one issue


GH = """\
import json, sys
with open({log!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1:3] == ["issue", "list"]:
    print({issues!r})
sys.exit({code})
"""


@pytest.fixture
def gh(tmp_path, monkeypatch):
    """A stand-in for GitHub's command line: says which issues are open, remembers its calls."""
    log = tmp_path / "calls"

    def make(issues, code=0):
        (tmp_path / "gh.py").write_text(
            GH.format(log=str(log), issues=json.dumps(issues), code=code), "utf8"
        )
        program = tmp_path / "bin" / "gh"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "gh.py"}" "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
        return lambda: [json.loads(line) for line in log.read_text().splitlines()]

    return make


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_one_issue_is_opened_and_then_added_to(gh):
    calls = gh([{"number": 3, "title": "Another"}])
    assert open_issue.main("The weekly checks fail", "https://run/1") == 0
    assert calls()[-1][:4] == ["issue", "create", "--title", "The weekly checks fail"]
    calls = gh([{"number": 7, "title": "The weekly checks fail"}, {"number": 3, "title": "x"}])
    assert open_issue.main("The weekly checks fail", "https://run/2") == 0
    assert calls()[-1][:3] == ["issue", "comment", "7"] and "https://run/2" in calls()[-1][-1]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_gh_that_fails_is_said(gh):
    gh([], code=1)
    with pytest.raises(SystemExit, match="gh issue list failed"):
        open_issue.main("title", "url")


# --- links to other hosts, the Python of .venv, the address of a fork


def test_external_links_finds_the_dead_one(tmp_path, server):
    (tmp_path / "served" / "there.html").write_text("yes")
    book = tmp_path / "book"
    book.mkdir()
    (book / "_config.yml").write_text("title: T\nexecute: {execute_notebooks: 'off'}\n")
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    page = "# T\n\n[good]({0}/there.html) and [dead]({0}/gone.html)\n"
    (book / "index.md").write_text(page.format(server))
    program = "import external_links as e, pathlib, sys; sys.exit(e.main(pathlib.Path.cwd()))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=book,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools"), "no_proxy": "127.0.0.1"},
    )
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]
    assert f"index.md:3: {server}/gone.html" in run.stdout
    assert "2 links followed, 1 broken" in run.stdout
    assert external_links.ROOT == ROOT


def test_in_venv_runs_the_python_of_the_clone():
    if not in_venv.install.PYTHON.exists():
        pytest.skip("this clone has no .venv; the checks run in another environment")
    command = [sys.executable, "tools/in_venv.py", "-c", "import sys; print(sys.prefix)"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip().endswith(".venv")


def test_a_fork_gets_its_own_address_everywhere():
    # The step is `tools/repository_url.py --set`; tests/book/test_repository_url.py runs it.
    places = {path.parent.name for path in repository_url.files()}
    assert {"book", "teaching", "notebooks", "assignments"} <= places
