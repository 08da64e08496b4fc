"""The README's example runs as it stands."""

import re
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]


def example():
    text = (ROOT / "README.md").read_text("utf8")
    return re.search(r"```python\n(.*?)```", text, re.S)[1]


def test_from_data_to_a_trained_network_to_an_answer(capsys, monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    torch.manual_seed(0)
    # A tenth of the steps: enough to be better than guessing.
    exec(example().replace("steps=300", "steps=30"), {})
    score, answers = capsys.readouterr().out.splitlines()[-2:]
    assert float(score.split(" %")[0]) > 20, "guessing gives 5 %"
    assert answers.count("Identification(") == 3 and "nearest='Ada'" in answers


def test_about_ten_lines():
    body = [line for line in example().splitlines() if line and "import" not in line]
    assert len(body) <= 12
