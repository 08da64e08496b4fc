import pytest

from few_characters import few_characters
from siamese_lib.recipes import measuring


@pytest.fixture
def few_questions(monkeypatch):
    """Networks are measured on two evaluation alphabets; the official trials stay as they are."""
    monkeypatch.setattr(
        measuring, "load_characters", lambda source, split, size=28: few_characters(split, size)
    )
