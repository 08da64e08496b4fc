"""Archives that are there already, but are not those that Omniglot's author has published."""

import hashlib
import zipfile

import pytest
from small_archives import N_CHARACTERS, drawing, write_archive

from peak_memory import measured, needs_peak_memory
from siamese_lib.data import BrokenArchiveError, download, load_characters, omniglot

NAME = "images_background.zip"
FIRST = "images_background/Greek/character01/0001_01.png"


@pytest.fixture
def archive(tmp_path, monkeypatch, caplog):
    """A small archive whose checksum is on record, and so are its drawings; an empty cache."""
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(omniglot.N_CHARACTERS, "background", N_CHARACTERS)
    path = tmp_path / "root" / "omniglot-py" / NAME
    path.parent.mkdir(parents=True)
    write_archive(path)
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(download.FILES, NAME, (NAME, md5))
    with zipfile.ZipFile(path) as whole:
        members = sorted(whole.namelist())
        ink = omniglot.read_drawings(path, whole, members)
    monkeypatch.setitem(omniglot.DRAWINGS, NAME, omniglot.drawings_digest(members, ink))
    caplog.set_level("INFO", "siamese_lib")
    return path


def load(archive, size=28):
    return load_characters("omniglot", root=archive.parents[1], size=size)


def pack_again(path):
    """The same drawings in an archive of other bytes."""
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as again:
        for name, content in members.items():
            again.writestr(name, content)


def test_the_published_drawings_are_taken_in_any_archive(archive, caplog):
    before = archive.read_bytes()
    load(archive)
    pack_again(archive)
    assert archive.read_bytes() != before
    load(archive)
    assert "published" not in caplog.text


def test_other_drawings_are_read_with_a_note_that_names_the_file(archive, caplog):
    write_archive(archive, replace={FIRST: drawing(999)})
    assert len(load(archive)) == 60
    said = " ".join(caplog.text.split())
    assert f"{NAME} does not hold the drawings that were published" in said
    assert "checksum" in said and "download" in said


def test_the_checksum_is_made_once_and_remembered(archive, monkeypatch):
    checked = []
    check = omniglot.check_integrity
    monkeypatch.setattr(
        omniglot, "check_integrity", lambda *given: checked.append(given) or check(*given)
    )
    for _ in range(3):
        load(archive)
    assert len(checked) == 1
    archive.touch()
    load(archive)
    assert len(checked) == 2, "the file has another time, so it may be another file"


def test_a_drawing_that_declares_an_enormous_size_is_named(archive):
    content = bytearray(drawing(1))
    content[16:24] = (100_000).to_bytes(4, "big") * 2  # width and height, after "IHDR"
    write_archive(archive, replace={FIRST: bytes(content)})
    with pytest.raises(BrokenArchiveError, match="0001_01"):
        load(archive)


@needs_peak_memory
@pytest.mark.parametrize(
    ("name", "member", "lines"),
    [
        ("all_runs.zip", "run01/class_labels.txt", "lake_trials(source='omniglot', root=words[0])"),
        (NAME, FIRST, "load_characters('omniglot', root=words[0])"),
    ],
)
def test_a_zip_bomb_is_not_unpacked(tmp_path, name, member, lines):
    folder = tmp_path / "omniglot-py"
    folder.mkdir()
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr(member, bytes(300_000_000))
    assert (folder / name).stat().st_size < 400_000
    before = (
        "from siamese_lib.data import lake_trials, load_characters, omniglot\n"
        "omniglot.N_CHARACTERS['background'], omniglot.DRAWERS = 1, 1"
    )
    found = measured(before, lines, tmp_path)
    assert found.megabytes < 60
    assert found.error.startswith("BrokenArchiveError") and name in found.error
    assert "300,000,000 bytes" in found.error and "Delete this file and run again" in found.error
