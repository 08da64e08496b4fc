"""Gallery files from strangers: small files that fill the memory, or let everybody in."""

import json
import struct

import pytest
import torch

from peak_memory import measured, needs_peak_memory
from siamese_lib.distances import same_up_to_rounding
from siamese_lib.files import MAX_JSON_BYTES
from siamese_lib.recognition import Gallery, GalleryError, OneShotRecognizer
from siamese_lib.recognition.gallery_file import write_gallery
from siamese_lib.stored_tensors import FORMAT, read_tensors, write_tensors

ADA = torch.rand(1, 2, 2, generator=torch.Generator().manual_seed(1))


def flat(images):
    return images.flatten(1)


@pytest.fixture
def saved(tmp_path):
    door = OneShotRecognizer(flat, threshold=0.5)
    door.enrol("Ada", ADA)
    door.save(tmp_path / "door")
    return tmp_path / "door"


def change(path, **values):
    """Other JSON values in the file."""
    tensors, about = read_tensors(path, "gallery")
    write_tensors(path, tensors, {**about, **values})


def write_raw(path, about):
    """A safetensors file of one number whose JSON text is written as it is."""
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    header = json.dumps({"__metadata__": {"format": FORMAT, "about": about}, "x": entry}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0")


@needs_peak_memory
@pytest.mark.parametrize("shape", [[1, 8000, 8000], [64_000_000, 1, 1], [3, 64_000_000, 1]])
def test_pictures_of_an_enormous_size_are_refused_before_one_is_made(saved, shape):
    change(saved, image_shape=shape)
    assert saved.stat().st_size < 1000
    before = "from siamese_lib.recognition import OneShotRecognizer"
    lines = "OneShotRecognizer.load(words[0], lambda images: images.flatten(2).mean(2))"
    found = measured(before, lines, saved)
    assert found.megabytes < 60
    assert found.error.startswith("GalleryError") and "max_values=1,000,000" in found.error


def test_the_limit_of_the_pictures_can_be_raised(tmp_path):
    door = OneShotRecognizer(lambda images: images.flatten(2).mean(2), threshold=0.5)
    door.enrol("Ada", torch.rand(3, 600, 600))
    door.save(tmp_path / "door")
    embed = door._embed
    with pytest.raises(GalleryError, match=r"1,080,000 numbers.*pass a larger max_values"):
        OneShotRecognizer.load(tmp_path / "door", embed)
    assert OneShotRecognizer.load(tmp_path / "door", embed, max_values=1_080_000).names == ("Ada",)
    with pytest.raises(ValueError, match="max_values must be an int of 1 or more, got 0"):
        OneShotRecognizer.load(tmp_path / "door", embed, max_values=0)


@pytest.mark.parametrize(
    "shape", [[1, 0, 2], [0, 2, 2], [1, 2, -2], [1, 2], [1, 2.5, 2], [True, 2, 2], [1, 2, 2, 2]]
)
def test_sizes_that_no_picture_has_are_named(saved, shape):
    change(saved, image_shape=shape)
    dividing = lambda images: images.flatten(1)[:, :: images.shape[1] // images.shape[1]]  # noqa: E731
    with pytest.raises(GalleryError, match="is damaged: .*image_shape"):
        OneShotRecognizer.load(saved, dividing)


@pytest.mark.parametrize("threshold", [float("inf"), float("nan"), 10**400, 0, -1.0])
def test_a_threshold_that_lets_everybody_in_is_refused(saved, threshold):
    change(saved, fixed_threshold=threshold)
    with pytest.raises(GalleryError, match="damaged"):
        OneShotRecognizer.load(saved, flat)


def test_an_infinite_number_in_figures_is_refused_as_well(saved):
    """JSON without the word Infinity."""
    tensors, about = read_tensors(saved, "gallery")
    write_tensors(saved, tensors, {**about, "fixed_threshold": 123.25})
    saved.write_bytes(saved.read_bytes().replace(b"123.25", b"1e9999"))
    with pytest.raises(GalleryError, match="damaged"):
        OneShotRecognizer.load(saved, flat)


@pytest.mark.parametrize("threshold", [float("inf"), float("nan")])
def test_a_door_is_not_made_with_a_threshold_that_is_no_distance(threshold):
    with pytest.raises(ValueError, match="threshold must be a finite distance above 0, got"):
        OneShotRecognizer(flat, threshold=threshold)


@pytest.mark.parametrize(
    "about",
    ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, '{"n": 1' + "0" * 5000 + "}"],
)
def test_json_that_is_deep_or_has_enormous_numbers_is_named(tmp_path, about):
    write_raw(tmp_path / "door", about)
    with pytest.raises(GalleryError, match="door is damaged: what it says of itself"):
        OneShotRecognizer.load(tmp_path / "door", flat)


@needs_peak_memory
@pytest.mark.parametrize("about", ["[" + "{}," * 1_500_000 + "1]", '["' + "x" * MAX_JSON_BYTES])
def test_json_of_millions_of_values_is_refused_before_it_is_read(tmp_path, about):
    write_raw(tmp_path / "door", about)
    before = "from siamese_lib.recognition import OneShotRecognizer"
    found = measured(before, "OneShotRecognizer.load(words[0], None)", tmp_path / "door")
    # A few copies of the text, and nothing of its values.
    assert found.megabytes < 60 + 6 * len(about) / 1e6
    assert found.error.startswith("GalleryError") and "is damaged" in found.error


@needs_peak_memory
def test_millions_of_tensors_are_refused_before_they_are_made(tmp_path):
    entry = '"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    about = json.dumps({"format": FORMAT, "about": "{}"})
    entries = ",".join(entry % number for number in range(300_000))
    header = f'{{"__metadata__":{about},{entries}}}'.encode()
    (tmp_path / "door").write_bytes(struct.pack("<Q", len(header)) + header)
    before = "from siamese_lib.recognition import OneShotRecognizer"
    found = measured(before, "OneShotRecognizer.load(words[0], None)", tmp_path / "door")
    assert found.error.startswith("GalleryError") and "600,000 lists" in found.error
    assert found.megabytes < 100


def test_a_shape_that_the_file_has_no_bytes_for_is_refused(saved):
    """By safetensors: what a file declares must be in the file."""
    content = saved.read_bytes()
    assert b'"shape":[1,4]' in content
    saved.write_bytes(content.replace(b'"shape":[1,4]', b'"shape":[9,9]'))
    with pytest.raises(GalleryError, match="cut short or damaged"):
        OneShotRecognizer.load(saved, flat)


def test_names_are_bounded(saved):
    with pytest.raises(ValueError, match="200 characters or fewer, got 10,001"):
        OneShotRecognizer(flat, threshold=0.5).enrol("x" * 10_001, ADA)
    change(saved, names=["x" * 10_001])
    with pytest.raises(GalleryError, match="do not fit"):
        OneShotRecognizer.load(saved, flat)


def test_a_name_cannot_clear_the_screen(saved):
    change(saved, names=["\x1b[2JAda"])
    (known,) = OneShotRecognizer.load(saved, flat).identify(ADA)
    (unknown,) = OneShotRecognizer.load(saved, flat).identify(1 - ADA)
    assert str(known).startswith(r"\x1b[2JAda, distance") and known.name == "\x1b[2JAda"
    assert "\x1b" not in str(unknown) and "nearest" in str(unknown)


def test_a_hundred_thousand_people_are_loaded(tmp_path):
    """Also in work: rows are sorted out once, and not once for each person."""
    z = torch.rand(100_000, 1, 4)
    gallery = Gallery(
        {f"person {number:06}": row for number, row in enumerate(z)},
        (1, 2, 2),
        flat(torch.rand(2, 1, 2, 2, generator=torch.Generator().manual_seed(0))),
    )
    write_gallery(tmp_path / "door", gallery, {"fixed_threshold": 0.5, "calibration": None})
    door = OneShotRecognizer.load(tmp_path / "door", flat)
    assert len(door) == 100_000
    assert torch.equal(door._gallery.embeddings, z[:, 0])


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), float("nan"), 1e38])
def test_a_probe_that_is_no_networks_is_not_taken_for_every_networks(saved, value):
    """The distance to infinite embeddings is no larger than a thousandth of their length."""
    tensors, about = read_tensors(saved, "gallery")
    tensors["probe"].fill_(value)
    write_tensors(saved, tensors, about)
    with pytest.raises(GalleryError, match="damaged|other weights"):
        OneShotRecognizer.load(saved, flat)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e38])
def test_embeddings_that_are_not_finite_come_from_no_network(value):
    strange, usual = torch.full((2, 4), value), torch.ones(2, 4)
    assert not same_up_to_rounding(usual, strange)
    assert not same_up_to_rounding(strange, usual)
    assert same_up_to_rounding(strange, strange) == (value == 1e38)
