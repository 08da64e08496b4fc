"""Pictures of more than 8 bits, pictures that are too large, and splits by people."""

import numpy as np
import pytest
import torch
from PIL import Image

from siamese_lib.data import assert_disjoint, join, load_folder
from siamese_lib.data.folder import UnreadableImageError

GREYS = np.linspace(0, 1, 64).reshape(8, 8)


def folder_with(image, path, name):
    (path / "a").mkdir(exist_ok=True)
    image.save(path / "a" / name)
    return path


def pixels(folder):
    return load_folder(folder, size=8).images[0, 0].numpy().astype(int)


@pytest.mark.parametrize(
    ("kind", "white", "name"),
    [
        (np.uint8, 255, "a.png"),
        (np.uint16, 65535, "a.png"),
        (np.uint16, 65535, "a.tiff"),
        (np.float32, 1, "a.tiff"),
    ],
)
def test_greys_of_every_depth_come_out_alike(kind, white, name, tmp_path):
    image = Image.fromarray((GREYS * white).astype(kind))
    found = pixels(folder_with(image, tmp_path, name))
    assert np.abs(found - GREYS * 255).max() <= 1


def pgm(values, white, path):
    (path / "a").mkdir()
    depth = ">u2" if white > 255 else "u1"
    head = f"P5\n8 8\n{white}\n".encode()
    (path / "a" / "a.pgm").write_bytes(head + values.astype(depth).tobytes())
    return pixels(path)


@pytest.mark.parametrize("white", [1, 100, 255, 1023, 65535])
def test_a_pgm_of_any_depth(white, tmp_path):
    assert (
        np.abs(pgm(np.round(GREYS * white), white, tmp_path) - GREYS * 255).max() <= 1 + 255 / white
    )


@pytest.mark.parametrize(("value", "grey"), [(200, 1), (300, 1), (60_000, 233)])
def test_a_dark_scan_stays_dark(value, grey, tmp_path):
    """White was guessed from a picture's own maximum: 200 of 65,535 came out as 200 of 255."""
    assert (pgm(np.full((8, 8), value), 65535, tmp_path) == grey).all()


def test_whole_numbers_of_32_bits_do_not_say_what_white_is(tmp_path):
    folder = folder_with(Image.fromarray((GREYS * 255).astype(np.int32)), tmp_path, "deep.tiff")
    with pytest.raises(UnreadableImageError, match=r"deep\.tiff.*save it with 8 or 16 bits"):
        load_folder(folder)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 255), (0, 1e6)])
def test_values_without_a_known_white_are_refused(low, high, tmp_path):
    values = (low + GREYS * (high - low)).astype(np.float32)
    folder = folder_with(Image.fromarray(values), tmp_path, "odd.tiff")
    with pytest.raises(UnreadableImageError, match=r"odd\.tiff.*white is 1"):
        load_folder(folder)


def test_a_picture_too_large_to_decode_is_named(tmp_path, monkeypatch):
    folder = folder_with(Image.new("L", (64, 64)), tmp_path, "huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableImageError, match=r"huge\.png"):
        load_folder(folder)


def test_size_0_is_refused(tmp_path):
    folder = folder_with(Image.new("L", (8, 8)), tmp_path, "a.png")
    with pytest.raises(ValueError, match="size must be an int of 1 or more, got 0"):
        load_folder(folder, size=0)


@pytest.fixture
def people(tmp_path):
    for person in ("Ada", "Ben", "Cleo", "Dan"):
        (tmp_path / person).mkdir()
        for number in range(3):
            Image.new("L", (8, 8), 20 * number).save(tmp_path / person / f"{number}.png")
    return load_folder(tmp_path)


def test_split_by_people(people):
    kept, held_out = people.split_by_class(1, generator=0)
    assert_disjoint(kept, held_out)
    assert len(kept) == 9 and len(held_out) == 3
    by_name = people.split_by_class(["Ben", "Dan"])[1]
    assert {by_name.describe(i).split(",")[0] for i in range(6)} == {"Ben", "Dan"}
    with pytest.raises(ValueError, match="has no class 'Bob'; did you mean .*'Ben'"):
        people.split_by_class(["Bob"])


def test_a_folder_cannot_be_split_by_group_and_says_so(people):
    with pytest.raises(ValueError, match="one group: there is nothing to split"):
        people.split_by_group(1)


def test_two_parts_of_one_set_can_be_joined_again(people):
    kept, held_out = people.split_by_class(2, generator=0)
    whole = join([kept, held_out], "whole")
    assert sorted(whole.class_names) == sorted(people.class_names) and len(whole) == len(people)
    for part in (kept, held_out):
        for index in range(len(part)):
            same = (whole.images == part.images[index]).flatten(1).all(1)
            names = {whole.describe(i).split(",")[0] for i in same.nonzero().squeeze(1).tolist()}
            assert part.describe(index).split(",")[0] in names
    assert torch.equal(whole.labels.unique(), torch.arange(4))
