"""The program for a GPU runs at first try: rehearsed here on the CPU, each part tiny.

What the rehearsal finds is shown as the results page will show the first real run.
"""

import json
import subprocess
import sys

import pytest

from chapters import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import on_gpu
import results_gpu

from siamese_lib.pages import results

PROGRAM = ROOT / "benchmarks" / "on_gpu.py"
PARTS = ("agreement", "waits", "precision", "chapter 6", "losses", "recipe gpu 0")


def program(*words):
    command = [sys.executable, str(PROGRAM), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=280)


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Stores rows as the program does, and returns the section of the page."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)

    def show(rows):
        on_gpu.write(None, rows)
        return results_gpu.gpu_section()

    return show


def tables(section):
    """The cells of each row of each table, without heads."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [i for i, row in enumerate(rows) if set(row) == {"---"}]
    return [row for i, row in enumerate(rows) if i not in rules and i + 1 not in rules]


# What stands in the first row of each part's table, worked out from what the part has found.
FIRST_ROWS = {
    "agreement": lambda found: ["contrastive", f"{found['each']['contrastive']:.1e}"],
    "waits": None,
    "precision": lambda found: [
        "float32",
        f"{found['float32']['seconds']:.1f}",
        f"{found['float32']['images_per_second']:,.0f}",
        f"{100 * found['float32']['held_out']:.1f}",
        found["float32"]["data"],
    ],
    "chapter 6": lambda found: ["conv4", f"{found['conv4']:,.2f}"],
    "losses": lambda found: [
        "batch-hard",
        "64",
        f"{found['64']['batch-hard']:.2f}",
        f"{found['64']['batch-hard, theirs']:.2f}",
        f"{found['64']['batch-hard, theirs'] / found['64']['batch-hard']:.1f}",
    ],
    "recipe gpu 0": lambda found: ["quick", "0", "2", f"{found['training_seconds']:,.0f}"],
}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_comes_to_its_end_and_is_shown(part, shown):
    done = program("--dry-run", "--parts", part)
    assert done.returncode == 0, done.stdout + done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["part"] == part and row["found"]
    section = shown([row])
    assert f"*{part}* has no" not in section and "None" not in section
    if part == "waits":  # has no table
        assert not row["found"]["checked"] and "this was another device" in section
    else:
        wanted = FIRST_ROWS[part](row["found"])
        assert tables(section)[0][: len(wanted)] == wanted
    others = {*on_gpu.PARTS} - {part}
    assert section.count("has not been run") == len(others)
    assert on_gpu.PROTOCOL in section


def test_what_fails_is_a_row_and_stops_nothing():
    done = program("--dry-run", "--parts", "agreement", "waits", "--budget", "0")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["problem"] for row in rows] == ["not done after 1 s"] * 2 and done.returncode == 1


def test_a_page_without_a_run_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    assert results_gpu.gpu_section() == results_gpu.NOT_RUN


def test_parts_that_failed_say_why_beside_those_that_did_not(shown):
    rows = [
        {"part": "agreement", "problem": "Traceback\nAssertionError: `fast` | 0.5\n"},
        {"part": "waits", "found": {"asked": 0, "checked": True}},
        {"part": "losses", "found": {"512": {"batch-hard": 0.25}}},
        {"part": "chapter 6", "problem": ""},
        {"part": "recipe gpu 1", "problem": "left out: 3 s were left"},
    ]
    section = shown(rows)
    assert "*agreement* has no figures: `AssertionError: 'fast' | 0.5`" in section
    assert "A training step never waits for the GPU" in section
    assert tables(section) == [["batch-hard", "512", "0.25", "", ""]]
    assert "*chapter 6* has no figures: `it ended without a word`" in section
    assert "*recipe gpu 1* has no figures: `left out: 3 s were left`" in section
    assert section.count("has not been run") == 3  # precision, and two of three seeds


def test_a_traceback_is_stored_without_the_folders_of_the_machine():
    text = (
        f'  File "{ROOT}/benchmarks/on_gpu_parts.py", line 1\n'
        '  File "/home/someone/lib/torch/nn.py", line 2\n'
        "FileNotFoundError: '/home/someone/data/all_runs.zip'"
    )
    assert on_gpu.without_folders(text) == (
        '  File "benchmarks/on_gpu_parts.py", line 1\n'
        '  File "nn.py", line 2\n'
        "FileNotFoundError: 'all_runs.zip'"
    )


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
