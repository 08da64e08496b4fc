import pytest
import torch

from siamese_lib.data import LabelledImages, make_glyphs


@pytest.fixture(scope="session")
def glyphs():
    """Three small alphabets of 20 px, drawn by six people."""
    return make_glyphs([8, 9, 7], size=20, seed=3, n_drawers=6)


@pytest.fixture
def known():
    """Images whose pixels say what they are: class c in row c; four makers each."""
    labels = torch.arange(6).repeat_interleave(4)
    images = torch.zeros(24, 1, 8, 8, dtype=torch.uint8)
    images[torch.arange(24), 0, labels] = 255
    return LabelledImages(
        images=images,
        labels=labels,
        groups=labels // 3,
        makers=torch.arange(4).repeat(6),
        class_names=tuple("abcdef"),
        group_names=("first", "second"),
        maker_names=tuple("1234"),
        name="known",
    )
