"""The program for a GPU runs at first try: rehearsed here on the CPU, each part tiny."""

import json
import subprocess
import sys

import pytest

from chapters import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import on_gpu

PROGRAM = ROOT / "benchmarks" / "on_gpu.py"
PARTS = ("agreement", "waits", "precision", "chapter 6", "losses", "recipe gpu 0")


def program(*words):
    command = [sys.executable, str(PROGRAM), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=280)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_comes_to_its_end(part):
    done = program("--dry-run", "--parts", part)
    assert done.returncode == 0, done.stdout + done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["part"] == part and row["found"]


def test_what_fails_is_a_row_and_stops_nothing():
    done = program("--dry-run", "--parts", "agreement", "waits", "--budget", "0")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["problem"] for row in rows] == ["not done after 1 s"] * 2 and done.returncode == 1


def test_packs_the_archives_and_says_how_much_they_are(tmp_path, monkeypatch):
    data = tmp_path / "data" / "omniglot-py"
    data.mkdir(parents=True)
    for name in on_gpu.ARCHIVES:
        (data / name).write_bytes(b"zip")
    monkeypatch.setattr(on_gpu, "PACKED", tmp_path / "packed")
    on_gpu.pack(tmp_path / "data")
    assert sorted(p.name for p in (tmp_path / "packed" / "omniglot-py").iterdir()) == sorted(
        on_gpu.ARCHIVES
    )
