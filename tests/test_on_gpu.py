"""The program for a GPU runs at the first try: it is tried here on the CPU, each part tiny."""

import subprocess
import sys

from chapters import ROOT


def test_each_part_of_the_program_comes_to_its_end():
    command = [sys.executable, "benchmarks/on_gpu.py", "--dry-run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert {row[0] for row in rows} == {"agreement", "waiting", "speed", "precision", "recipe"}
    differences = [float(row[-3]) for row in rows if row[0] == "agreement"]
    assert len(differences) == 10 and max(differences) == 0
