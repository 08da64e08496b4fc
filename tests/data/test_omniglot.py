import io
import re
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from small_archives import ALPHABETS, drawing, write_archive

from siamese_lib.data import BrokenArchiveError, load_characters
from siamese_lib.data.omniglot import resize_ink
from siamese_lib.data.splits import SMALL_SETS

FIRST = "images_background/Greek/character01/0001_01.png"


def load(root, **arguments):
    return load_characters("omniglot", root=root, **arguments)


def test_fields(small_omniglot):
    data = load(small_omniglot)
    assert data.images.shape == (60, 1, 28, 28)
    assert data.class_names == ("Greek/character01", "Greek/character02", "Latin/character01")
    assert data.group_names == tuple(ALPHABETS)
    assert data.labels.tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert data.groups.tolist() == [0] * 40 + [1] * 20
    assert data.makers.tolist() == list(range(20)) * 3
    assert data.maker_names[6] == "drawer 07"


def test_full_size_is_the_drawing_itself_with_ink_high(small_omniglot):
    data = load(small_omniglot, size=105)
    paper = np.asarray(Image.open(io.BytesIO(drawing(101))).convert("L"))
    assert np.array_equal(data.images[0, 0].numpy(), 255 - paper)
    assert set(data.images.unique().tolist()) == {0, 255}


def test_shrinking_agrees_with_pillow_and_keeps_the_ink(small_omniglot):
    ink = load(small_omniglot, size=105).images
    for side in (14, 28, 50):
        ours = load(small_omniglot, size=side).images[:, 0].float()
        for index in range(5):
            full = Image.fromarray(ink[index, 0].numpy())
            theirs = np.asarray(full.resize((side, side), Image.Resampling.BILINEAR))
            assert np.abs(ours[index].numpy() - theirs).max() <= 1
        assert torch.allclose(ours.mean(), ink.float().mean(), rtol=0.02)


def test_enlarging_works():
    assert resize_ink(np.ones((2, 105, 105), dtype=bool), 210).eq(255).all()


def test_second_reading_comes_from_the_cache(small_omniglot, monkeypatch):
    first = load(small_omniglot)
    monkeypatch.setattr("siamese_lib.data.omniglot._read_archive", None)
    assert torch.equal(load(small_omniglot).images, first.images)


def test_a_changed_archive_is_read_anew(small_omniglot):
    before = load(small_omniglot)
    path = small_omniglot / "omniglot-py" / "images_background.zip"
    write_archive(path, replace={FIRST: drawing(999)})
    assert not torch.equal(load(small_omniglot).images, before.images)


def test_subsets_by_alphabet(small_omniglot, monkeypatch):
    monkeypatch.setitem(SMALL_SETS, "small1", (1,))
    small = load(small_omniglot, split="small1")
    assert small.groups.tolist() == [1] * 20 and small.name == "Omniglot small1"


def test_greys_are_read_too(small_omniglot):
    path = small_omniglot / "omniglot-py" / "images_background.zip"
    write_archive(path, replace={FIRST: drawing(101, mode="L")})
    grey = load(small_omniglot, size=105)
    write_archive(path)
    assert torch.equal(load(small_omniglot, size=105).images, grey.images)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_a_drawing(path):
    write_archive(path, replace={FIRST: drawing(101)[:60]})


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 8] ^= 255
    path.write_bytes(content)


def other_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday/beach.png", drawing(1))


def add_drawer_21(path):
    write_archive(path, leave_out=[FIRST])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FIRST.replace("0001_01", "0001_21"), drawing(1))


BROKEN = {
    "cut short": (cut_in_half, "not a whole zip file"),
    "empty": (lambda path: path.write_bytes(b""), "not a whole zip file"),
    "a web page": (lambda path: path.write_text("<html>404</html>"), "not a whole zip file"),
    "another zip": (other_zip, "not laid out as Omniglot"),
    "no image": (lambda path: zipfile.ZipFile(path, "w").close(), "holds 0 characters"),
    "a drawing missing": (lambda path: write_archive(path, leave_out=[FIRST]), "59 drawings"),
    "a drawing cut": (cut_a_drawing, "damaged drawing.*0001_01"),
    "a drawing flipped": (flip_a_byte, "damaged drawing.*0001_01"),
    "no png": (lambda path: write_archive(path, replace={FIRST: b"text"}), "damaged drawing"),
    "other size": (lambda path: write_archive(path, replace={FIRST: drawing(1, 90)}), "90"),
    "drawer 21": (add_drawer_21, "drawer 21"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_archive_names_the_file_and_the_cure(small_omniglot, kind, monkeypatch, tmp_path):
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "fresh-cache"))
    spoil, message = BROKEN[kind]
    path = small_omniglot / "omniglot-py" / "images_background.zip"
    spoil(path)
    with pytest.raises(BrokenArchiveError, match=message) as error:
        load(small_omniglot)
    assert re.search("images_background.zip.*Delete this file and run again", str(error.value))
    assert not list((tmp_path / "fresh-cache").glob("*")), "nothing of a broken archive is cached"
