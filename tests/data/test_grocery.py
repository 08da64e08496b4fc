"""The Grocery Store data set against small archives: good, damaged and hostile ones."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from local_server import files_of, serving
from siamese_lib.data import (
    BrokenArchiveError,
    LabelledImages,
    NotAvailableError,
    grocery,
    load_grocery,
)

ROOT = "GroceryStoreDataset-master/dataset/"
PRODUCTS = (("Royal-Gala", "Apple"), ("Pink-Lady", "Apple"), ("Kiwi", "Kiwi"))
COUNTS = {"train": 6, "val": 2, "test": 3, "iconic": 3}
HEAD = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic,Text"


def jpeg(colour, sides=(36, 30), mode="RGB"):
    file = io.BytesIO()
    Image.new("RGB", sides, colour).convert(mode).save(file, "jpeg")
    return file.getvalue()


def members():
    """The files of a small archive, by name; each product has a colour of its own."""
    files, lists = {}, {"train": [], "val": [], "test": []}
    for number, (name, _) in enumerate(PRODUCTS):
        for part, per_class in (("train", 2), ("val", number < 2), ("test", 1)):
            for shot in range(1, per_class + 1):
                file = f"{part}/Fruit/{name}/{name}_{shot:03}.jpg"
                files[ROOT + file] = jpeg((60 * number + shot, 0, 200))
                lists[part].append(f"{file}, {number}, 0")
        files[f"{ROOT}iconic/{name}.jpg"] = jpeg((60 * number, 255, 0))
    rows = [f"{n},{i},{c},0,/iconic/{n}.jpg,/x.txt" for i, (n, c) in enumerate(PRODUCTS)]
    files[ROOT + "classes.csv"] = "\n".join([HEAD, *rows]).encode()
    for part, lines in lists.items():
        files[f"{ROOT}{part}.txt"] = ("\n".join(lines) + "\n").encode()
    return files


def write(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def small(monkeypatch):
    """The counts of the small archive in place of the published ones."""
    monkeypatch.setattr(grocery, "N_PICTURES", COUNTS)
    monkeypatch.setattr(grocery, "N_CLASSES", len(PRODUCTS))
    monkeypatch.setattr(grocery, "N_COARSE", 2)


@pytest.fixture
def stored(small, tmp_path):
    write(tmp_path / "grocery" / grocery.NAME, members())
    return tmp_path


def with_member(root, name, content):
    """The small archive with other bytes in one place."""
    write(root / "grocery" / grocery.NAME, {**members(), name: content})
    return load_grocery(root=root)


def test_classes_groups_parts_and_pictures(stored):
    data = load_grocery(root=stored)
    assert data.class_names == ("Royal-Gala", "Pink-Lady", "Kiwi")
    assert data.group_names == ("Apple", "Kiwi") and data.maker_names == grocery.PARTS
    assert torch.bincount(data.makers).tolist() == list(COUNTS.values())
    assert data.groups.tolist() == [(0, 0, 1)[label] for label in data.labels]
    assert "14 photographs\n  3 classes in 2 groups, 4 makers" in repr(data)
    picture = data.read(0)
    assert picture.shape == (3, 30, 36) and picture.dtype == np.uint8
    assert abs(picture.mean(axis=(1, 2)) - (1, 0, 200)).max() < 3


@pytest.mark.parametrize("part", grocery.PARTS)
def test_a_part_keeps_the_numbers_of_the_whole(stored, part):
    data = load_grocery(part, stored)
    assert len(data) == COUNTS[part] and set(data.makers.tolist()) == {grocery.PARTS.index(part)}
    names = [data.class_names[label] for label in data.labels]
    assert all(name in file for name, file in zip(names, data.files, strict=True))


def test_thumbnails_are_labelled_images_and_are_kept(stored, monkeypatch):
    data = load_grocery("test", stored)
    small = data.thumbnails(8)
    assert isinstance(small, LabelledImages) and small.images.shape == (3, 3, 8, 8)
    assert torch.equal(small.labels, data.labels) and small.name == "Grocery Store, test"

    def never(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(grocery._PicturesOfArchive, "__call__", never)
    assert torch.equal(data.thumbnails(8).images, small.images)


def test_other_pictures_than_the_published_ones_are_noted(stored, caplog, monkeypatch):
    load_grocery(root=stored)
    assert "does not hold the published pictures" in caplog.text
    _, digest = grocery._list(stored / "grocery" / grocery.NAME)
    monkeypatch.setattr(grocery, "PICTURES", digest)
    caplog.clear()
    load_grocery(root=stored)
    assert not caplog.text


def test_an_open_archive_can_be_copied_to_another_process(stored):
    data = load_grocery(root=stored)
    first = data.read(0)
    assert (pickle.loads(pickle.dumps(data.open_one))(data.files[0]) == first).all()


def test_unknown_part(stored):
    with pytest.raises(ValueError, match="part must be one of all, train"):
        load_grocery("training", stored)


LISTED = "train/Fruit/Kiwi/Kiwi_001.jpg"


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("classes.csv", b"a,b\n", "lists .* of 0 products"),
        ("classes.csv", HEAD.encode() + b"\nKiwi,one,Kiwi,0,/a.jpg,/b\n", "of a different form"),
        ("classes.csv", HEAD.encode() + b"\nKiwi,7,Kiwi,0,/a.jpg,/b\n", "of a different form"),
        ("classes.csv", b"\xff\xfe", "damaged file"),
        ("train.txt", b"no commas\n", "lists pictures in a different form"),
        ("train.txt", f"{LISTED}, 2, 1\n".encode(), "lists .*'train': 1"),
        ("train.txt", f"{LISTED}, 2, 1\n".encode() * 6, "but the Grocery Store data set has"),
        ("test.txt", "".join(f"x{n}.jpg, 0, 0\n" for n in range(3)).encode(), "lacks 3 listed"),
        (
            "val.txt",
            b"val/Fruit/Royal-Gala/Royal-Gala_001.jpg, -1, 0\n"
            b"val/Fruit/Pink-Lady/Pink-Lady_001.jpg, 9, 0\n",
            "numbers products outside 0 to 2",
        ),
        ("huge.jpg", bytes(1_000_001), "where the Grocery Store data set has none above"),
    ],
)
def test_an_archive_of_another_form_is_refused(small, tmp_path, member, content, message):
    with pytest.raises(BrokenArchiveError, match=message):
        with_member(tmp_path, ROOT + member, content)


def bomb():
    """A JPEG that declares 60,000 x 60,000 pixels."""
    content = bytearray(jpeg("red"))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = (60_000).to_bytes(2, "big") * 2
    return bytes(content)


def slow():
    """A JPEG of many scans, each of which is decoded over the whole picture."""
    return jpeg("red") + b"\xff\xda" * 101


def png():
    file = io.BytesIO()
    Image.new("RGB", (30, 30)).save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", jpeg("red")[:200], bomb(), png(), jpeg("red", (1001, 20)), slow()],
    ids=["empty", "text", "cut", "bomb", "png", "large", "many scans"],
)
def test_a_damaged_picture_is_named_when_it_is_read(small, tmp_path, content):
    data = with_member(tmp_path, ROOT + LISTED, content)
    with pytest.raises(BrokenArchiveError, match=r"damaged picture \(train/Fruit/Kiwi/Kiwi_001"):
        data.read(data.files.index(LISTED))


def test_a_checksum_that_lies_is_found_when_the_picture_is_read(stored):
    path = stored / "grocery" / grocery.NAME
    content = bytearray(path.read_bytes())
    content[content.index(members()[ROOT + LISTED]) + 300] ^= 1
    path.write_bytes(content)
    data = load_grocery(root=stored)
    with pytest.raises(BrokenArchiveError, match="damaged picture"):
        data.read(data.files.index(LISTED))


def test_a_name_that_clears_the_screen_is_escaped(small, tmp_path):
    lines = b"\x1b[2J.jpg, 0, 0\nb.jpg, 0, 0\nc.jpg, 0, 0\n"
    with pytest.raises(BrokenArchiveError) as caught:
        with_member(tmp_path, ROOT + "test.txt", lines)
    assert "\\x1b[2J.jpg" in str(caught.value) and "\x1b" not in str(caught.value)


def test_not_a_zip_file(small, tmp_path):
    path = tmp_path / "grocery" / grocery.NAME
    path.parent.mkdir()
    path.write_bytes(b"PK, and no more")
    with pytest.raises(BrokenArchiveError, match="is not a whole zip file"):
        load_grocery(root=tmp_path)


def test_grey_and_cmyk_pictures_become_rgb(small, tmp_path):
    for mode in ("L", "CMYK"):
        data = with_member(tmp_path / mode, ROOT + LISTED, jpeg((90, 90, 90), mode=mode))
        picture = data.read(data.files.index(LISTED))
        assert picture.shape[0] == 3 and abs(picture.astype(int) - 90).max() < 4


@pytest.fixture
def server(small, tmp_path, monkeypatch):
    """A server with the small archive; its root folder is named after a commit."""
    files = {name.replace("master", "0123abcd"): content for name, content in members().items()}
    write(tmp_path / "served" / "archive.zip", files)
    with serving(files_of(tmp_path / "served")) as (_, address):
        monkeypatch.setattr(grocery, "URL", f"{address}/archive.zip")
        yield tmp_path


def test_downloads_once(server, caplog):
    root = server / "new"
    assert len(load_grocery(root=root)) == 14
    assert "downloading the Grocery Store data set (124 MB)" in caplog.text
    caplog.clear()
    assert load_grocery("iconic", root).read(0).shape == (3, 30, 36)
    assert "downloading" not in caplog.text
    assert [path.name for path in (root / "grocery").iterdir()] == [grocery.NAME]


@pytest.mark.parametrize("content", [b"<html>", b"PK\3\4"])
def test_a_download_of_something_else_leaves_nothing(server, content):
    (server / "served" / "archive.zip").write_bytes(content)
    with pytest.raises(NotAvailableError, match="could not be downloaded"):
        load_grocery(root=server / "new")
    assert list((server / "new" / "grocery").iterdir()) == []


def test_a_download_of_fewer_pictures_leaves_nothing(server):
    files = {name: content for name, content in members().items() if name != ROOT + LISTED}
    write(server / "served" / "archive.zip", files)
    with pytest.raises(NotAvailableError, match="lacks 1 listed"):
        load_grocery(root=server / "new")
    assert list((server / "new" / "grocery").iterdir()) == []


def test_with_glyphs_chosen_nothing_is_downloaded(server, monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    with pytest.raises(NotAvailableError, match="it is not to be downloaded"):
        load_grocery(root=server / "new")
    assert len(load_grocery(root=server / "new", download=True)) == 14


def test_no_network(tmp_path):
    with pytest.raises(NotAvailableError, match="cannot be reached"):
        load_grocery(root=tmp_path)
