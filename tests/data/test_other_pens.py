"""Other pens and filters, against SciPy's morphology and Pillow's filters."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import grey_dilation, grey_erosion

from siamese_lib.data import make_glyphs, other_pens, with_other_pens
from siamese_lib.data.omniglot import resize_ink
from siamese_lib.data.other_pens import widened

LARGE = make_glyphs([6], n_drawers=4, seed=5, size=105)
MORE = with_other_pens(LARGE)
PLAIN, ROUGH, NEAREST, WIDE, NARROW = MORE.images.split(len(LARGE))


def test_each_drawing_five_times_with_all_that_is_known_of_it():
    assert len(MORE) == 5 * len(LARGE) and MORE.images.shape[1:] == (1, 28, 28)
    for part in range(5):
        rows = slice(part * len(LARGE), (part + 1) * len(LARGE))
        for field in ("labels", "groups", "makers"):
            assert torch.equal(getattr(MORE, field)[rows], getattr(LARGE, field))
    assert MORE.class_names == LARGE.class_names and "other pens" in MORE.name


def test_the_first_way_is_that_of_load_characters():
    ink = LARGE.images[:, 0] > 127
    black = replace(LARGE, images=255 * ink[:, None].byte())
    expected = resize_ink(ink.numpy(), 28)
    assert torch.equal(with_other_pens(black).images[: len(LARGE)], expected)


def test_nearest_takes_dots_as_they_are():
    drawn = LARGE.images[0, 0].numpy()
    theirs = Image.fromarray(drawn).resize((28, 28), Image.Resampling.NEAREST)
    # Pillow looks at the middle of a place, PyTorch at its corner: other dots, the same kind.
    assert set(np.unique(NEAREST[0])) <= set(np.unique(drawn))
    assert NEAREST[0].float().mean() == pytest.approx(np.asarray(theirs).mean(), rel=0.15)


@pytest.mark.parametrize("dots", [1, 2, 3])
def test_pens_are_morphology(dots):
    ink = LARGE.images[:3].float() / 255
    square = (1, 1, 2 * dots + 1, 2 * dots + 1)
    padded = {"mode": "constant", "cval": 0.0}
    assert np.array_equal(widened(ink, dots), grey_dilation(ink.numpy(), square, **padded))
    thinner = grey_erosion(ink.numpy(), square, mode="constant", cval=1.0)
    np.testing.assert_allclose(1 - widened(1 - ink, dots), thinner, atol=1e-6)


def test_pens_are_those_it_says_whatever_is_changed_at_once(monkeypatch):
    ink = LARGE.images.float() / 255
    wide = grey_dilation(ink.numpy(), (1, 1, 5, 5), mode="constant", cval=0.0)
    narrow = grey_erosion(ink.numpy(), (1, 1, 3, 3), mode="constant", cval=1.0)
    for made, pen in ((WIDE, wide), (NARROW, narrow)):
        small = F.interpolate(torch.from_numpy(pen), (28, 28), mode="bilinear", antialias=True)
        assert (made.float() - 255 * small).abs().max() <= 1
    monkeypatch.setattr(other_pens, "CHUNK", 5)
    assert torch.equal(with_other_pens(LARGE).images, MORE.images)


def test_wide_is_more_ink_and_narrow_is_less():
    ink = [part.float().mean().item() for part in (NARROW, PLAIN, WIDE)]
    assert 1.25 * ink[0] < ink[1] < ink[2] / 1.25
    # Without anti-aliasing there is as much ink, in fewer shades.
    assert ROUGH.float().mean().item() == pytest.approx(ink[1], rel=0.05)
    grey = [((part > 64) & (part < 192)).float().mean() for part in (NEAREST, ROUGH, PLAIN)]
    assert grey[0] < grey[1] < grey[2]


def test_images_may_have_the_size_already():
    small = make_glyphs([3], n_drawers=2, seed=1)
    made = with_other_pens(small)
    assert torch.equal(made.images[: len(small)], small.images) and len(made) == 5 * len(small)


@pytest.mark.parametrize("size", [0, 106])
def test_wrong_sizes_are_named(size):
    with pytest.raises(ValueError, match="size"):
        with_other_pens(LARGE, size)
