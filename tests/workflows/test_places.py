"""Binder, the container and the devcontainer: what can be known of them without an engine."""

import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
import yaml

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


BASES = {
    path: re.findall(r"^FROM +(\S+)", path.read_text("utf8"), re.M)
    for path in (
        ROOT / "Containerfile",
        ROOT / "assignments" / "Containerfile",
        ROOT / ".devcontainer" / "Containerfile",
    )
}


@pytest.mark.parametrize("path", BASES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_image_is_named_by_its_digest(path):
    assert BASES[path]
    for base in BASES[path]:
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", base), base
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf8"))["updates"]
    (images,) = [one for one in updates if one["package-ecosystem"] == "docker"]
    folder = path.parent.relative_to(ROOT).as_posix()
    assert ("/" if folder == "." else f"/{folder}") in images["directories"]


def test_no_image_is_named_elsewhere_and_one_name_has_one_digest():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf8"))
    assert "image" not in settings and settings["build"] == {"dockerfile": "Containerfile"}
    bases = {base for found in BASES.values() for base in found}
    assert len({base.split("@")[0] for base in bases}) == len(bases)


def test_ports_are_published_for_this_computer_alone():
    for path in (ROOT / "Containerfile", ROOT / "book" / "setup.md"):
        published = re.findall(r" -p (\S+)", path.read_text("utf8"))
        assert published and all(port.startswith("127.0.0.1:") for port in published), path


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


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        ([], "127.0.0.1"),
        (["--in-container"], "0.0.0.0"),
        (["--host", "127.0.0.2"], "127.0.0.2"),
    ],
)
def test_only_the_container_listens_on_all_addresses(arguments, host, tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("<p>the book")
    monkeypatch.setattr(serve, "HTML", tmp_path)
    listens, started = [], []

    class Server:
        def __init__(self, address, handler):
            listens.append(address[0])

        def serve_forever(self):
            pass

        shutdown = serve_forever

    def run(command, **options):
        started.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(serve.http.server, "ThreadingHTTPServer", Server)
    monkeypatch.setattr(serve.subprocess, "run", run)
    assert serve.main([*arguments, "--allow-root"]) == 0
    assert listens == [host]
    assert started[0][started[0].index("--ip") + 1] == host
    assert "--allow-root" in started[0] and "--in-container" not in started[0]


def test_the_container_asks_for_all_addresses_and_nothing_else_does():
    assert '"tools/serve.py", "--in-container"' in (ROOT / "Containerfile").read_text("utf8")
    listing = ["git", "grep", "-lE", r"0\.0\.0\.0|--ip[= ]|\bServerApp\.ip\b", "--", "."]
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= {
        "tools/serve.py",
        "tests/lab/lab_server.py",  # on 127.0.0.1
        "tests/workflows/test_places.py",
    }


def test_an_address_that_is_no_files_is_not_found(tmp_path):
    """With a zero byte, for one: open() raises, and the answer would never come."""
    handler = functools.partial(serve.Quiet, directory=str(tmp_path))
    with serve.http.server.HTTPServer((serve.THIS_COMPUTER, 0), handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"http://{serve.THIS_COMPUTER}:{server.server_port}/%00"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address, timeout=20)
