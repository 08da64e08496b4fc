import math

import pytest
import torch

from siamese_lib.data.faces.canvas import Canvas

SIZE = 48


@pytest.fixture
def canvas():
    side = (torch.arange(SIZE) + 0.5) * (2 / SIZE) - 1
    x, y = side[None, None].expand(2, SIZE, SIZE), side[None, :, None].expand(2, SIZE, SIZE)
    return Canvas(x, y, torch.full((2, 1, 1), 2 / SIZE), torch.zeros(2, 3))


def t(*values):
    return torch.tensor(values)


def test_an_ellipse_covers_what_a_fine_grid_says(canvas):
    a, b, turn = t(0.5, 0.3), t(0.2, 0.6), t(0.4, -0.7)
    found = canvas.ellipse(t(0.1, -0.2), t(0.05, 0.1), a, b, turn)
    fine = 16
    side = (torch.arange(SIZE * fine) + 0.5) * (2 / (SIZE * fine)) - 1
    for i in range(2):
        u, v = side[None] - t(0.1, -0.2)[i], side[:, None] - t(0.05, 0.1)[i]
        cos, sin = math.cos(turn[i]), math.sin(turn[i])
        inside = ((u * cos + v * sin) / a[i]) ** 2 + ((v * cos - u * sin) / b[i]) ** 2 <= 1
        share = inside.float().view(SIZE, fine, SIZE, fine).mean(dim=(1, 3))
        assert (found[i] - share).abs().max() < 0.2 and (found[i] - share).abs().mean() < 0.003


def test_a_line_thinner_than_a_pixel_grows_faint(canvas):
    thin, thick = t(0.005, 0.005), t(0.1, 0.1)
    assert 0.1 < canvas.band(canvas.x - 0.02, thin).max() < 0.4
    line = canvas.band(canvas.x, thick)
    # A tenth to either side of the middle: a fifth of the width of 2.
    assert line.mean(dim=(1, 2)).tolist() == pytest.approx([0.1, 0.1], abs=1e-3)


def test_a_window_paints_what_the_whole_canvas_would(canvas):
    x, y = t(0.3, -0.4), t(-0.2, 0.1)
    window = canvas.window(x, y, 0.3, 0.3)
    assert window.x.numel() < 0.8 * canvas.x.numel()
    shape = canvas.ellipse(x, y, t(0.2, 0.25), t(0.1, 0.2))
    assert torch.equal(window.ellipse(x, y, t(0.2, 0.25), t(0.1, 0.2)), shape[window.place])
    window.paint(shape[window.place], torch.tensor([[1.0, 0.5, 0.0]]))
    assert torch.allclose(canvas.picture[:, 0], shape)
    assert torch.allclose(canvas.picture[:, 1], 0.5 * shape)


def test_a_window_off_the_picture_is_empty_and_can_be_painted(canvas):
    window = canvas.window(t(5.0, 5.0), t(0.0, 0.0), 0.1, 0.1)
    shape = window.ellipse(t(5.0, 5.0), t(0.0, 0.0), t(0.1, 0.1), t(0.1, 0.1))
    window.paint(shape, torch.ones(2, 3))
    assert canvas.picture.eq(0).all()


def test_paint_and_shade(canvas):
    everywhere = torch.ones(2, SIZE, SIZE)
    canvas.paint(everywhere, torch.full((2, 3), 0.8), strength=t(1.0, 0.5))
    assert canvas.picture[0].unique().tolist() == pytest.approx([0.8])
    assert canvas.picture[1].unique().tolist() == pytest.approx([0.4])
    canvas.shade(0.5 * everywhere, t(0.5, 1.0))
    assert canvas.picture[0].unique().tolist() == pytest.approx([0.6])
    assert canvas.picture[1].unique().tolist() == pytest.approx([0.4])
