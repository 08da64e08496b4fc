"""A database of a stranger is not opened unless it is trusted."""

import shutil

import pytest
import torch
from test_shared_gallery import needs_milvus

from siamese_lib.recognition import GalleryError, MilvusGallery, shared_gallery
from siamese_lib.recognition.gallery import MadeWith
from siamese_lib.recognition.made_here import MARK, is_made_here, mark_as_made_here


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_only_the_key_of_this_user_makes_the_mark(cache, tmp_path):
    folder = tmp_path / "people.db"
    folder.mkdir()
    assert not is_made_here(folder)
    mark_as_made_here(folder)
    assert is_made_here(folder)
    assert (cache / "galleries.key").stat().st_mode & 0o777 == 0o600
    moved = folder.rename(tmp_path / "moved.db")
    assert is_made_here(moved)
    copied = shutil.copytree(moved, folder)
    assert not is_made_here(copied)
    (cache / "galleries.key").write_bytes(bytes(32))
    assert not is_made_here(moved)


@pytest.mark.parametrize("text", ["", "a", "a b c", "é" + "0" * 64, "0" * 10_000])
def test_what_a_stranger_may_write_is_no_mark(text, cache, tmp_path):
    (tmp_path / MARK).write_text(text, "utf8")
    assert not is_made_here(tmp_path)


def test_the_mark_of_one_folder_does_not_open_another(cache, tmp_path):
    """A stranger who got one gallery put its mark into a folder whose links delete files."""
    mine, strange = tmp_path / "mine.db", tmp_path / "strange.db"
    mine.mkdir()
    strange.mkdir()
    mark_as_made_here(mine)
    shutil.copy(mine / MARK, strange / MARK)
    assert is_made_here(mine) and not is_made_here(strange)


def test_a_link_inside_is_refused_even_in_a_folder_made_here(cache, tmp_path):
    place, precious = tmp_path / "people.db", tmp_path / "precious"
    precious.mkdir()
    shared_gallery._let_in(place, trusted=False)
    shared_gallery._let_in(place, trusted=False)
    (place / "deep").mkdir()
    (place / "deep" / "staging").symlink_to(precious)
    with pytest.raises(GalleryError, match="trusted=True"):
        shared_gallery._let_in(place, trusted=False)


def test_a_mark_is_not_written_through_a_link(cache, tmp_path):
    (tmp_path / "thesis").write_text("mine")
    (tmp_path / MARK).symlink_to(tmp_path / "thesis")
    with pytest.raises(FileExistsError):
        mark_as_made_here(tmp_path)
    assert (tmp_path / "thesis").read_text() == "mine"


def test_a_link_is_no_mark(cache, tmp_path):
    mark_as_made_here(tmp_path)
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / MARK).symlink_to(tmp_path / MARK)
    assert not is_made_here(strange)


def test_without_a_place_for_the_key_nothing_is_marked(cache, tmp_path):
    cache.write_text("a file in the way")
    mark_as_made_here(tmp_path)
    assert not (tmp_path / MARK).exists() and not is_made_here(tmp_path)


@needs_milvus
def test_a_database_of_a_stranger_is_refused_before_it_is_opened(cache, tmp_path):
    """Opened, one removed the files behind a link, and another sent names to its own address."""
    gallery = MilvusGallery(tmp_path / "people.db")
    gallery.with_people({"Ada": torch.rand(1, 4)}, MadeWith((1, 2, 2), torch.rand(2, 4)))
    gallery.close()
    again = MilvusGallery(tmp_path / "people.db")
    assert again.names == ("Ada",)
    again.close()
    (cache / "galleries.key").unlink()  # as on another computer
    database = tmp_path / "people.db"
    before = {path: path.stat().st_mtime_ns for path in database.rglob("*")}
    with pytest.raises(GalleryError, match="made by somebody else. .* open it with trusted=True"):
        MilvusGallery(tmp_path / "people.db")
    assert {path: path.stat().st_mtime_ns for path in database.rglob("*")} == before
    trusted = MilvusGallery(tmp_path / "people.db", trusted=True)
    assert trusted.names == ("Ada",)
    trusted.close()


@pytest.mark.parametrize("kind", ["file", "link to nothing", "link to a folder", "folder"])
def test_whatever_is_in_its_place_is_refused(kind, cache, tmp_path):
    place, other = tmp_path / "people.db", tmp_path / "other"
    other.mkdir()
    (other / "schema.json").write_text("{}")
    if kind == "file":
        place.write_text("SQLite format 3")
    elif kind == "folder":
        other.rename(place)
    else:
        place.symlink_to(other if kind == "link to a folder" else tmp_path / "nothing")
    with pytest.raises(GalleryError, match="made by somebody else"):
        shared_gallery._let_in(place, trusted=False)
