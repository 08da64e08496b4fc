"""Moved and scaled as bilinear sampling would, by the moments that SciPy finds."""

import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import center_of_mass

from draws import uniform
from siamese_lib.data import make_glyphs
from siamese_lib.models import SizeNormalized

DRAWINGS = make_glyphs([12], n_drawers=4, seed=3).images.float() / 255
INSIDE = slice(4, -4)


def square(top=10, left=8, side=6, paper=28):
    image = torch.zeros(1, 1, paper, paper)
    image[0, 0, top : top + side, left : left + side] = 1
    return image


def spread(image):
    """Root of the mean square distance from the mean place, along one axis, in pixels."""
    ink = image[0].double()
    y, x = center_of_mass(ink.numpy())
    rows, columns = (torch.arange(side, dtype=torch.float64) for side in ink.shape)
    squares = (rows[:, None] - y).square() + (columns - x).square()
    return ((ink * squares).sum() / ink.sum() / 2).sqrt().item()


def test_ink_lies_in_the_middle_and_is_spread_as_asked():
    moved = SizeNormalized(0.2)(DRAWINGS)
    edge = torch.ones(28, 28, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    on_edge = moved[:, 0, edge].sum(1) / moved.sum(dim=(1, 2, 3))
    whole = moved[on_edge < 0.01]  # of the others a part was cut off
    assert len(whole) > len(moved) / 2
    for image in whole:
        assert center_of_mass(image[0].numpy()) == pytest.approx((13.5, 13.5), abs=0.3)
        # Interpolation blurs by up to a pixel, which adds to the spread.
        assert spread(image) == pytest.approx(0.2 * 28, rel=0.02)


def test_enlarging_is_bilinear_sampling():
    image = square() * uniform(1, 1, 28, 28, seed=0)
    y, x = center_of_mass(image[0, 0].numpy())
    step = spread(image[0]) / (0.2 * 28)
    assert step < 1
    shift = torch.tensor([(2 * x + 1) / 28 - 1, (2 * y + 1) / 28 - 1])
    matrix = torch.cat([torch.eye(2) * step, shift[:, None]], dim=1)[None].float()
    grid = F.affine_grid(matrix, [1, 1, 28, 28], align_corners=False)
    expected = F.grid_sample(image, grid, align_corners=False)
    torch.testing.assert_close(SizeNormalized()(image), expected, atol=1e-5, rtol=0)


def blots(y, x, size, paper=96):
    """Two smooth blots, one beside and above the other, whose place and size are told."""
    places = torch.arange(paper, dtype=torch.float32)
    up, along = (places[:, None] - y) / size, (places - x) / size
    first = torch.exp(-(up.square() + along.square()) * 4)
    return (first + 0.5 * torch.exp(-((up - 1).square() + (along - 2).square()) * 4))[None, None]


def test_place_and_size_no_longer_matter():
    normalized = SizeNormalized()
    one, other = blots(30, 27, 10.0), blots(38.4, 46.7, 13.0)
    assert (one - other).abs().max() > 0.5
    torch.testing.assert_close(normalized(one), normalized(other), atol=0.02, rtol=0)
    whole = normalized(square())
    torch.testing.assert_close(normalized(square(15, 3)), whole, atol=1e-5, rtol=0)


def test_a_fine_pattern_made_smaller_is_averaged_and_not_skipped():
    lines = torch.zeros(1, 1, 64, 64)
    lines[..., ::2, :] = 1  # every other row, over all the paper
    small = SizeNormalized(0.1)(lines)[0, 0, 27:37, 27:37]  # 2.9 rows to one
    assert small.std() < 0.1 * small.mean()


def test_a_blank_drawing_stays_blank_and_a_dot_small():
    blank = torch.zeros(2, 1, 28, 28)
    assert torch.equal(SizeNormalized()(blank), blank)
    dot = square(3, 20, 1)
    assert SizeNormalized(largest=4.0)(dot).sum().item() == pytest.approx(16)  # 4 x 4 pixels


def test_each_drawing_by_itself_and_all_channels_alike():
    together = SizeNormalized()(DRAWINGS[:5])
    alone = torch.cat([SizeNormalized()(one[None]) for one in DRAWINGS[:5]])
    torch.testing.assert_close(together, alone)
    colour = DRAWINGS[:5] * torch.tensor([1.0, 0.5, 0.0])[:, None, None]
    torch.testing.assert_close(SizeNormalized()(colour)[:, 0], together[:, 0])
    assert SizeNormalized()(colour)[:, 2].abs().max() == 0


def test_another_side_is_the_same_drawing_at_another_size():
    """Blots are smooth, so that a large picture made small is what a small one would have been."""
    large, small = blots(120.5, 108.5, 40.0, paper=224), blots(60, 54, 20.0, paper=112)
    to_small = SizeNormalized(side=28)(large)
    assert to_small.shape == (1, 1, 28, 28)
    torch.testing.assert_close(to_small, SizeNormalized(side=28)(small), atol=0.02, rtol=0)
    assert center_of_mass(to_small[0, 0].numpy()) == pytest.approx((13.5, 13.5), abs=0.1)
    assert spread(to_small[0]) == pytest.approx(0.2 * 28, rel=0.03)
    same = SizeNormalized(side=112)(small)
    assert torch.equal(same, SizeNormalized()(small))


def test_a_larger_picture_brings_finer_lines():
    """Two strokes two dots apart in a small letter: they run into one at 28 px, not at 112."""
    lines = torch.zeros(1, 1, 112, 112)
    lines[..., 50:62, 50:52] = lines[..., 50:62, 54:56] = 1
    before = F.interpolate(lines, (28, 28), mode="area")
    fine, coarse = (SizeNormalized(0.2, side=28)(image)[0, 0] for image in (lines, before))
    gap = [image[14, 10:18].min() / image.max() for image in (fine, coarse)]
    assert gap[0] < 0.2 and gap[1] > 0.4


def test_a_dot_grows_no_more_and_blank_paper_is_blank_at_another_side():
    dot = square(20, 31, 4, paper=112)
    assert SizeNormalized(largest=4.0, side=28)(dot).sum().item() == pytest.approx(16)
    assert torch.equal(SizeNormalized(side=9)(torch.zeros(1, 1, 28, 28)), torch.zeros(1, 1, 9, 9))


@pytest.mark.parametrize("shape", [(2, 1, 20, 30), (2, 1, 30, 20)])
def test_paper_need_not_be_square(shape):
    images = torch.zeros(shape)
    images[..., 2:8, 3:9] = 1
    for image in SizeNormalized()(images):
        middle = ((shape[2] - 1) / 2, (shape[3] - 1) / 2)
        assert center_of_mass(image[0].numpy()) == pytest.approx(middle, abs=0.1)
        assert spread(image) == pytest.approx(0.2 * 25, rel=0.03)


def test_half_precision_comes_back_as_it_went_in():
    exact = SizeNormalized()(DRAWINGS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(SizeNormalized()(DRAWINGS), exact)
    half = SizeNormalized()(DRAWINGS.half())
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float(), exact, atol=2e-3, rtol=0)


def test_gradients_that_reach_the_image_are_finite():
    """Also where all ink is in one place, or there is none: a root has no slope there."""
    blank, dot = torch.zeros(1, 1, 10, 10), square(4, 3, 1, paper=10)
    images = torch.cat([square(4, 3, 4, paper=10), blank, dot]).double().requires_grad_()
    out = SizeNormalized()(images)
    assert out.dtype == torch.float64
    out.square().sum().backward()
    assert images.grad.isfinite().all() and images.grad[0].abs().max() > 0


def test_another_shape_is_named():
    with pytest.raises(ValueError, match=r"images must be \(B, C, H, W\), got \(1, 28, 28\)"):
        SizeNormalized()(square()[0])


@pytest.mark.parametrize("arguments", [{"spread": 0.0}, {"largest": -1.0}])
def test_wrong_arguments_are_named(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be above 0"):
        SizeNormalized(**arguments)


def test_a_wrong_side_is_named():
    with pytest.raises(ValueError, match="side"):
        SizeNormalized(side=0)
