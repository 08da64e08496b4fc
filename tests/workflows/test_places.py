"""Binder, the container and the devcontainer: what can be known of them without an engine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

import serve
from chapters import ROOT


def test_binder_installs_what_the_library_needs():
    project = (ROOT / "pyproject.toml").read_text("utf8")
    needed = re.search(r"^dependencies = \[(.*?)\]", project, re.S | re.M).group(1)
    lines = (ROOT / ".binder" / "requirements.txt").read_text("utf8").splitlines()
    assert set(re.findall(r'"(.+?)"', needed)) <= set(lines)
    assert (ROOT / ".binder" / "postBuild").stat().st_mode & 0o100
    assert (ROOT / ".binder" / "runtime.txt").read_text() in ("python-3.11\n", "python-3.12\n")


def test_container_copies_programs_that_are_there_and_runs_as_nobody_special():
    text = (ROOT / "Containerfile").read_text("utf8")
    for path in re.findall(r"tools/[\w/]+\.py", text):
        assert (ROOT / path).exists(), path
    before_start = text.split("CMD")[0]
    assert "USER reader" in before_start and "USER root" not in before_start
    assert before_start.index("USER reader") < before_start.index("tools/install.py")


def test_devcontainer_names_programs_that_are_there():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf8"))
    for path in re.findall(r"tools/[\w/]+\.\w+", settings["postCreateCommand"]):
        assert (ROOT / path).exists(), path


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def answer(address, seconds=60):
    for _ in range(seconds * 4):
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"{address} does not answer")


@pytest.mark.skipif(sys.platform == "win32", reason="the container is Linux")
def test_what_the_container_runs_serves_the_book_and_jupyterlab(tmp_path):
    book, lab = free_port(), free_port()
    # The page stands in for the built book, which tests of the library do not have.
    (tmp_path / "index.html").write_text("<p>the book")
    program = (
        "import pathlib, serve, sys; serve.HTML = pathlib.Path(sys.argv[1]);"
        "sys.exit(serve.main(sys.argv[2:]))"
    )
    ports = ("--host", "127.0.0.1", "--book-port", str(book), "--lab-port", str(lab))
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            program,
            str(tmp_path),
            *ports,
            "--allow-root",
            "--IdentityProvider.token=",
        ],
        cwd=ROOT / "tools",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert "the book" in answer(f"http://127.0.0.1:{book}/")
        assert "<title>JupyterLab" in answer(f"http://127.0.0.1:{lab}/lab")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_without_a_built_book_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    assert serve.main([]) == 1
    assert "make book" in capsys.readouterr().err
