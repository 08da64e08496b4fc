"""Where no network can be reached, data is there at once, and nothing outside answers."""

import os
import subprocess
import sys

import pytest

import without_network
from chapters import ROOT

LOAD = """
import time
from siamese_lib.data import load_characters
load_characters("glyphs")  # drawn before the clock starts
began = time.perf_counter()
data = load_characters()
print(data.name, time.perf_counter() - began)
"""
REACH = "import socket; socket.create_connection(('1.1.1.1', 443), timeout=5)"

needs_namespace = pytest.mark.skipif(
    not without_network.is_possible(), reason="this system gives no network namespace"
)


def run(program, tmp_path):
    environment = {
        **os.environ,
        "SIAMESE_SOURCE": "auto",
        "SIAMESE_DATA": str(tmp_path / "none"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "tools/without_network.py", sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@needs_namespace
def test_auto_takes_glyphs_without_waiting(tmp_path):
    done = run(LOAD, tmp_path)
    assert done.returncode == 0, done.stderr
    *name, seconds = done.stdout.splitlines()[-1].split()
    assert " ".join(name) == "Glyphs background"
    assert float(seconds) < 10  # the wait for a network, and reading the cache


@needs_namespace
def test_another_host_is_out_of_reach(tmp_path):
    done = run(REACH, tmp_path)
    assert done.returncode == 1 and "unreachable" in done.stderr


def test_without_a_namespace_nothing_runs(monkeypatch, capsys):
    monkeypatch.setattr(without_network, "is_possible", lambda: False)
    monkeypatch.setattr(without_network.os, "execvp", lambda *_: pytest.fail("it ran"))
    assert without_network.main(["true"]) == 1
    assert "no network namespace" in capsys.readouterr().err
