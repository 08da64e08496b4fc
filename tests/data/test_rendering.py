"""A renderer against what supersampling says."""

import numpy as np
import pytest
import torch

from siamese_lib.data.rendering import render


def exact_line(start, end, width, size, fine=16):
    """Oracle: share of each pixel that is within width / 2 of the line, by supersampling."""
    place = (np.arange(size * fine) + 0.5) / (size * fine) * 2 - 1
    points = np.stack(np.meshgrid(place, place), axis=-1)
    way = np.subtract(end, start)
    along = np.clip(((points - start) @ way) / (way @ way), 0, 1)
    distance = np.linalg.norm(points - start - along[..., None] * way, axis=-1)
    inside = distance <= width  # a width in fractions of the side is twice that from -1 to 1
    return inside.reshape(size, fine, size, fine).mean((1, 3)) * 255


@pytest.mark.parametrize("size", [28, 64, 105])
@pytest.mark.parametrize("end", [(0.6, 0.0), (0.6, 0.5), (-0.2, 0.7)])
def test_a_line_covers_the_pixels_that_it_should(size, end):
    start, width = (-0.6, -0.1), 0.1
    way = torch.linspace(0, 1, 160)[:, None]
    path = torch.tensor(start) * (1 - way) + torch.tensor(end) * way
    length = (torch.tensor(end) - torch.tensor(start)).norm()
    image = render(path[None, None], (length / 160).expand(1, 1, 160), torch.tensor([width]), size)
    truth = exact_line(start, end, width, size)
    assert np.abs(image[0, 0].numpy() - truth).mean() < 2
    assert image.sum() == pytest.approx(truth.sum(), rel=0.06)


def straight(start, end, n=160):
    """A path from start to end, and its lengths."""
    way = torch.linspace(0, 1, n)[:, None]
    path = torch.tensor(start) * (1 - way) + torch.tensor(end) * way
    length = (torch.tensor(end) - torch.tensor(start)).norm()
    return path[None, None], (length / n).expand(1, 1, n)


def test_a_wide_picture_shows_the_square_one_in_its_middle():
    path, lengths = straight((-0.6, -0.1), (0.6, 0.5))
    pen = torch.tensor([0.1])
    square, wide = (render(path, lengths, pen, size) for size in (30, (30, 50)))
    assert wide.shape == (1, 1, 30, 50)
    assert torch.equal(wide[..., 10:40], square)
    assert not wide[..., :10].any() and not wide[..., 40:].any()


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.5])
def test_pressure_is_the_width_of_the_line(factor):
    path, lengths = straight((-0.7, 0.0), (0.7, 0.0))
    pressed = torch.full_like(lengths, factor)
    image = render(path, lengths, torch.tensor([0.08]), 100, pressed)
    across = image[0, 0, :, 50].double().sum().item() / 255
    assert across == pytest.approx(8 * factor, abs=0.4)


def test_sizes_that_are_none():
    path, lengths = straight((-0.7, 0.0), (0.7, 0.0))
    with pytest.raises(ValueError, match="width must be an int of 1 or more"):
        render(path, lengths, torch.tensor([0.08]), (10, 0))
