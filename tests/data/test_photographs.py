"""A folder of colour photographs that are read one at a time."""

import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image

from siamese_lib.data import (
    UnreadableImageError,
    load_folder,
    load_photographs,
    readable,
    resized_centre,
)


@pytest.fixture
def folder(tmp_path):
    """Three kinds of toys; the cars were photographed on two days."""
    drawing = np.random.default_rng(0)
    for place, n in (("ball", 2), ("car/monday", 2), ("car/tuesday", 1), ("doll", 1)):
        (tmp_path / "toys" / place).mkdir(parents=True)
        for number in range(n):
            pixels = drawing.integers(0, 256, (40 + 8 * number, 60, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "toys" / place / f"{number}.png")
    return tmp_path / "toys"


def test_classes_and_sessions_come_from_the_folders(folder):
    data = load_photographs(folder)
    assert data.class_names == ("ball", "car", "doll")
    assert data.labels.tolist() == [0, 0, 1, 1, 1, 2]
    assert data.files[2] == "car/monday/0.png"
    sessions = [data.maker_names[maker] for maker in data.makers]
    assert sessions == [*["ball all"] * 2, *["car monday"] * 2, "car tuesday", "doll all"]
    assert str(data) == ("toys: 6 photographs\n  3 classes in 1 groups, 4 makers; read when needed")


def test_the_same_pictures_as_load_folder_reads(folder):
    data, loaded = load_photographs(folder), load_folder(folder, size=(40, 60), channels=3)
    assert torch.equal(torch.from_numpy(data.read(0).copy()), loaded.images[0])
    assert torch.equal(data.labels, loaded.labels) and data.class_names == loaded.class_names
    assert data.read(1).shape == (3, 48, 60)


def test_a_maker_of_ones_own(folder):
    data = load_photographs(folder, maker=lambda path: path.stem)
    assert [data.maker_names[maker] for maker in data.makers][:3] == ["ball 0", "ball 1", "car 0"]


def test_nothing_is_decoded_before_it_is_asked_for(folder):
    (folder / "ball" / "0.png").write_bytes(b"not a picture")
    data = load_photographs(folder)
    with pytest.raises(UnreadableImageError, match=r"0\.png is not a readable image"):
        data.read(0)
    assert data.read(1).shape == (3, 48, 60)


def test_unreadable_files_are_left_out_and_counted(folder, caplog):
    (folder / "car" / "monday" / "1.png").write_bytes(b"not a picture")
    data = readable(load_photographs(folder))
    assert len(data) == 5 and "1 of 6 files left out. The first: " in caplog.text
    caplog.clear()
    assert len(readable(data)) == 5 and not caplog.text


def test_nothing_readable(folder):
    data = load_photographs(folder).select([5])
    (folder / "doll" / "0.png").write_bytes(b"")
    with pytest.raises(ValueError, match="holds no photograph"):
        readable(data)


def test_classes_with_too_few_pictures_are_left_out(folder, caplog):
    data = load_photographs(folder, at_least=2)
    assert data.class_names == ("ball", "car") and "1 of 3 class folders" in caplog.text
    with pytest.raises(ValueError, match=r"holds 9 image\(s\)"):
        load_photographs(folder, at_least=9)


def test_folders_that_are_not_there_or_empty(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_photographs(tmp_path / "none")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="without an image in .*: empty"):
        load_photographs(folder)
    with pytest.raises(ValueError, match="holds no image"):
        load_photographs(folder / "ball")


def test_large_pictures_are_refused_before_they_are_decoded(folder):
    data = load_photographs(folder, max_pixels=60 * 40)
    assert data.read(0).shape == (3, 40, 60)
    with pytest.raises(UnreadableImageError, match="more than max_pixels=2,400"):
        data.read(1)


def test_select_by_mask_and_by_index(folder):
    data = load_photographs(folder)
    cars = data.select(data.labels == 1, "cars")
    assert cars.files == data.files[2:5] and cars.name == "cars"
    assert cars.classes.tolist() == [1]
    assert data.select([4, 0]).files == (data.files[4], data.files[0])
    with pytest.raises(ValueError, match="holds no photograph"):
        data.select(data.labels == 7)
    with pytest.raises(ValueError, match=r"the mask must have shape \(6,\), got \(2,\)"):
        data.select(torch.tensor([True, False]))


def test_a_mark_changes_with_its_file(folder):
    before = load_photographs(folder)
    Image.new("RGB", (9, 9)).save(folder / "ball" / "1.png")
    after = load_photographs(folder)
    changed = [a != b for a, b in zip(before.marks, after.marks, strict=True)]
    assert changed == [False, True, False, False, False, False]


def test_thumbnails_follow_their_files(folder):
    before = load_photographs(folder).thumbnails(16).images
    assert before.shape == (6, 3, 16, 16) and before.dtype == torch.uint8
    Image.new("RGB", (9, 9), "red").save(folder / "ball" / "1.png")
    after = load_photographs(folder).thumbnails(16).images
    assert torch.equal(after[0], before[0])
    assert after[1, 0].min() == 255 and after[1, 1:].max() == 0


@pytest.mark.parametrize("sides", [(300, 200), (200, 300), (256, 256), (224, 225)])
@pytest.mark.parametrize("bilinear", [False, True])
def test_resizing_is_torchvisions(sides, bilinear):
    from torchvision import transforms

    picture = np.random.default_rng(1).integers(0, 256, (*sides, 3), dtype=np.uint8)
    how = transforms.InterpolationMode.BILINEAR if bilinear else None
    how = how or transforms.InterpolationMode.BICUBIC
    oracle = transforms.Compose([transforms.Resize(64, how), transforms.CenterCrop(48)])
    expected = np.asarray(oracle(Image.fromarray(picture)))
    resample = Image.Resampling.BILINEAR if bilinear else Image.Resampling.BICUBIC
    found = resized_centre(picture.transpose(2, 0, 1), 64, 48, resample).transpose(1, 2, 0)
    assert (found == expected).all()


def test_a_long_strip_takes_little_memory():
    strip = np.zeros((3, 1, 200_000), dtype=np.uint8)
    tracemalloc.start()
    assert resized_centre(strip, 64, 48).shape == (3, 48, 48)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()
