import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from draws import uniform
from siamese_lib.data import NotAvailableError, Photographs
from siamese_lib.files import display_path
from siamese_lib.messages import WIDTH
from siamese_lib.pages import chapter
from siamese_lib.pages.show import draw_broken_axes, draw_stills, image_grid, photograph_grid
from siamese_lib.randomness import as_generator


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_image_grid_puts_each_image_in_its_place():
    images = torch.arange(6, dtype=torch.uint8).view(2, 3, 1, 1, 1).expand(2, 3, 1, 4, 5) * 40
    ax = image_grid(images, row_names=["a", "b"], column_names=list("xyz"), title="title")
    sheet = ax.images[0].get_array()
    assert sheet.shape == (8, 15)
    assert sheet[5, 12] == pytest.approx(200 / 255) and sheet[0, 0] == 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_image_grid_takes_one_row_and_colour_and_floats():
    ax = image_grid(uniform(4, 3, 8, 8), frame_colours=[["red", None, None, "blue"]])
    assert ax.images[0].get_array().shape == (8, 32, 3) and len(ax.patches) == 2


@pytest.mark.parametrize(
    ("shape", "names", "message"),
    [
        ((8, 8), {}, r"got \(8, 8\)"),
        ((4, 2, 8, 8), {}, "C 1 or 3"),
        ((4, 1, 8, 8), {"column_names": ["a"]}, "column_names must hold 4 names, got 1"),
        ((4, 1, 8, 8), {"row_names": ["a", "b"]}, "row_names must hold 1 names, got 2"),
    ],
)
def test_image_grid_refuses(shape, names, message):
    with pytest.raises(ValueError, match=message):
        image_grid(torch.zeros(shape), **names)


def _arrows(ax):
    return ax.collections[0].U, ax.collections[0].V


def test_draw_stills_keep_places_and_point_arrows_along_the_forces():
    positions = uniform(3, 8, 2) * torch.tensor([0.01, 1.0, 100.0])[:, None, None]
    labels, forces = torch.arange(8) % 3, uniform(3, 8, 2) - 0.5
    figure = draw_stills(positions, labels, ["a", "b", "c"], forces)
    for moment, ax in enumerate(figure.axes):
        for label, line in enumerate(ax.lines):
            assert torch.equal(torch.tensor(line.get_xydata()), positions[moment][labels == label])
        (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert low < positions[moment, :, 0].min() and positions[moment, :, 0].max() < high
        assert bottom < positions[moment, :, 1].min() and positions[moment, :, 1].max() < top
        arrows = torch.stack([torch.tensor(part.data) for part in _arrows(ax)], dim=1).float()
        ratio = arrows / forces[moment]
        assert torch.allclose(ratio, ratio.flatten()[0].expand_as(ratio), rtol=1e-4)
        side = (positions[moment].amax(0) - positions[moment].amin(0)).max()
        assert arrows.norm(dim=1).max().item() == pytest.approx(side.item() / 4, rel=1e-4)
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    assert not draw_stills(positions, labels, "abc").axes[0].collections


def test_draw_stills_of_one_point_without_a_force():
    draw_stills(torch.zeros(1, 1, 2), torch.zeros(1, dtype=torch.int64), "a", torch.zeros(1, 1, 2))


@pytest.mark.parametrize(
    ("positions", "labels", "titles", "forces", "message"),
    [
        ((2, 4, 3), [0] * 4, "ab", None, r"positions must have shape \(2, N, 2\)"),
        ((2, 4, 2), [0] * 4, "abc", None, "a moment for each title"),
        ((2, 4, 2), [0] * 3, "ab", None, r"labels must have shape \(4,\)"),
        ((2, 4, 2), [0, 1, 2, 7], "ab", None, "labels must lie from 0 to 6"),
        ((2, 4, 2), [0, 1, 2, -1], "ab", None, "labels must lie from 0 to 6"),
        ((2, 4, 2), [0] * 4, "ab", (1, 4, 2), "forces must have the shape of positions"),
    ],
)
def test_draw_stills_refuse(positions, labels, titles, forces, message):
    forces = None if forces is None else torch.zeros(forces)
    with pytest.raises(ValueError, match=message):
        draw_stills(torch.zeros(positions), torch.tensor(labels), titles, forces)


def test_start_says_device_and_data(capsys, monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    device = chapter.start()
    said = capsys.readouterr().out
    assert f"device: {device.type}" in said and "PyTorch" in said and "Glyphs" in said


def test_start_does_not_print_the_folder_of_the_machine(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SIAMESE_SOURCE", "omniglot")
    chapter.start()
    said = capsys.readouterr().out
    assert "$SIAMESE_DATA" in said and str(tmp_path) not in said


@pytest.mark.parametrize(
    ("source", "yours"),
    [("omniglot", "yours will differ"), ("glyphs", "yours are of Glyphs")],
)
def test_start_says_whose_numbers_the_text_quotes(capsys, monkeypatch, source, yours):
    monkeypatch.setenv("SIAMESE_SOURCE", source)
    monkeypatch.delenv("SIAMESE_BOOK", raising=False)
    chapter.start()
    said = capsys.readouterr().out
    assert said.count("the book's run on Omniglot") == 1 and yours in said
    assert max(map(len, said.splitlines())) <= WIDTH


def test_a_page_of_the_book_shows_its_own_numbers_and_says_nothing(capsys, monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    monkeypatch.setenv("SIAMESE_BOOK", "1")
    chapter.start()
    assert "the book's run" not in capsys.readouterr().out


def test_home_is_shortened(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert display_path(tmp_path / "a" / "b") == "~/a/b"
    assert display_path("/elsewhere/a") == "/elsewhere/a"


def test_as_generator():
    own = torch.Generator()
    assert as_generator(own) is own
    assert torch.equal(
        torch.rand(3, generator=as_generator(5)), torch.rand(3, generator=own.manual_seed(5))
    )
    fresh = [torch.rand(3, generator=as_generator(None)) for _ in range(2)]
    assert not torch.equal(*fresh)
    with pytest.raises(TypeError, match="got bool"):
        as_generator(True)


def test_broken_axes_hold_all_values_on_their_side():
    figure, (left, right) = draw_broken_axes([10, 20, 70, 90], cut=50)
    (from_, to), (other_from, other_to) = left.get_xlim(), right.get_xlim()
    assert from_ < 10 and 20 < to < 50 < other_from < 70 and other_to > 90
    left.set_ylim(5, 0)
    assert right.get_ylim() == (5, 0), "rows are shared"
    plt.close(figure)
    for values in ([1, 2], [60, 70], []):
        with pytest.raises(ValueError, match="cut=50 has all values on one side"):
            draw_broken_axes(values, cut=50)


def test_an_assertion_that_fails_says_in_words_what_it_expected(monkeypatch, capsys):
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    chapter.start()
    failed = shell.run_cell("low = -1\nassert low > 0").error_in_exec
    assert "this page expects `low > 0` of its own data" in str(failed)
    said = shell.run_cell("assert low > 0, 'in other words'").error_in_exec
    assert str(said) == "in other words"
    assert isinstance(shell.run_cell("1 / 0").error_in_exec, ZeroDivisionError)
    assert "The next cells can be run all the same" in capsys.readouterr().out


def photographs(open_one):
    names = ("Royal-Gala", "Kiwi")
    return Photographs(
        files=("a", "b", "c"),
        marks=(open_one.__name__,) * 3,
        labels=torch.tensor([0, 0, 1]),
        groups=torch.zeros(3, dtype=torch.int64),
        makers=torch.zeros(3, dtype=torch.int64),
        class_names=names,
        group_names=("all",),
        maker_names=("me",),
        open_one=open_one,
    )


def test_photographs_stand_in_rows_and_columns():
    def red(_file):
        return np.stack([np.full((20, 30), value, np.uint8) for value in (255, 0, 0)])

    rows = torch.tensor([[0, 1, 2], [2, 2, 2]])
    ax = photograph_grid(photographs(red), rows, ["x", "y"], ["Royal-Gala", "b", "c"], side=16)
    (picture,) = ax.get_images()
    assert picture.get_array().shape == (32, 48, 3)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Royal-Gala", "b", "c"]
    assert not ax.get_title()


def test_photographs_that_are_not_here_are_grey_and_it_says_so():
    def missing(_file):
        raise NotAvailableError("no network")

    ax = photograph_grid(photographs(missing), torch.tensor([[0, 2]]))
    assert ax.get_title() == "the photographs are not on this machine"
    values = ax.get_images()[0].get_array()
    assert values.min() == values.max()
