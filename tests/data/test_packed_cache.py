import copy
import os
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest

from peak_memory import measured, needs_peak_memory
from siamese_lib.data import packed_cache
from siamese_lib.data.packed_cache import packed


@pytest.fixture
def cache(monkeypatch, tmp_path):
    folder = tmp_path / "own-cache"
    monkeypatch.setenv("SIAMESE_CACHE", str(folder))
    return folder


def made(calls):
    def make():
        calls.append(1)
        return {"numbers": np.arange(5), "names": np.array(["a", "bb"])}

    return make


def test_makes_once_then_reads(cache):
    calls = []
    first = packed("toy", {"size": 28}, made(calls))
    second = packed("toy", {"size": 28}, made(calls))
    assert calls == [1]
    assert all(np.array_equal(first[name], second[name]) for name in first)
    packed("toy", {"size": 29}, made(calls))
    assert calls == [1, 1]


@pytest.mark.parametrize("damage", [b"", b"no zip file", None])
def test_damaged_file_is_made_again(cache, damage):
    calls = []
    packed("toy", {}, made(calls))
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-40] if damage is None else damage)
    assert packed("toy", {}, made(calls))["numbers"].tolist() == [0, 1, 2, 3, 4]
    assert calls == [1, 1]
    packed("toy", {}, made(calls))
    assert calls == [1, 1]


@needs_peak_memory
def test_a_packed_file_that_unpacks_to_far_more_is_made_again(cache):
    packed("toy", {}, made([]))
    (file,) = cache.iterdir()
    with file.open("wb") as bomb:
        np.savez_compressed(bomb, numbers=np.zeros(300_000_000, np.uint8))
    assert file.stat().st_size < 400_000
    before = "import numpy as np\nfrom siamese_lib.data.packed_cache import packed"
    lines = "assert len(packed('toy', {}, lambda: {'numbers': np.arange(5)})['numbers']) == 5"
    found = measured(before, lines)
    assert found.error == "" and found.megabytes < 60


def test_flipped_byte_is_noticed(cache):
    calls = []
    packed("toy", {}, made(calls))
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    content[content.index(b"\x03\x00\x00\x00\x00\x00\x00\x00")] = 77
    file.write_bytes(content)
    assert packed("toy", {}, made(calls))["numbers"].tolist() == [0, 1, 2, 3, 4]


def test_folder_that_cannot_be_written_gives_a_note_and_the_data(monkeypatch, tmp_path, caplog):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("SIAMESE_CACHE", str(in_the_way / "cache"))
    assert packed("toy", {}, made([]))["numbers"].tolist() == [0, 1, 2, 3, 4]
    said = caplog.text
    assert "cannot be written" in said and "SIAMESE_CACHE" in said


def test_full_disk_leaves_nothing_half_written(cache, monkeypatch, caplog):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packed_cache.np, "savez", full)
    assert packed("toy", {}, made([]))["numbers"].tolist() == [0, 1, 2, 3, 4]
    assert list(cache.iterdir()) == []
    assert "No space left" in caplog.text


def test_error_while_making_leaves_nothing(cache):
    def fail():
        raise ValueError("broken archive")

    with pytest.raises(ValueError, match="broken archive"):
        packed("toy", {}, fail)
    assert not cache.exists() or list(cache.iterdir()) == []


PROGRAM = """
import sys, time
import numpy as np
from siamese_lib.data.packed_cache import packed
start = float(sys.argv[1])
def make():
    time.sleep(max(0.0, start - time.time()))
    return {"numbers": np.arange(200_000)}
for _ in range(5):
    assert packed("toy", {}, make)["numbers"].sum() == 19999900000
"""


def test_two_processes_at_once_do_not_disturb_each_other(cache):
    import time

    command = [sys.executable, "-c", PROGRAM, str(time.time() + 5)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert [file.suffix for file in cache.iterdir()] == [".npz"]


def rewritten(path, change):
    """The cache file with other members: ``change`` gets the archive and the bytes of one array."""
    with zipfile.ZipFile(path) as archive:
        (name, *_) = archive.namelist()
        content = archive.read(name)
    path.unlink()
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # of repeated names
        change(archive, name, content)


def repeated(archive, name, content):
    for _ in range(2):
        archive.writestr(name, content)


def of_another_kind(archive, name, content):
    archive.writestr(name, b"no array")


def inside_each_other(archive, name, content):
    archive.writestr("a.npy", content)
    for number in range(9):
        again = copy.copy(archive.infolist()[0])
        again.filename = again.orig_filename = f"{number}.npy"
        archive.filelist.append(again)
        archive.NameToInfo[again.filename] = again


def encrypted(archive, name, content):
    archive.writestr(name, content)
    archive.infolist()[0].flag_bits |= 1


@pytest.mark.parametrize("change", [repeated, of_another_kind, inside_each_other, encrypted])
def test_a_file_that_was_not_written_here_is_made_again(cache, change):
    def make():
        made.append(1)
        return {"x": np.arange(1000)}

    made = []
    packed("odd", {}, make)
    (path,) = cache.glob("odd-*.npz")
    rewritten(path, change)
    assert packed("odd", {}, make)["x"].tolist() == list(range(1000)) and len(made) == 2
    assert len(packed("odd", {}, make)) == 1 and len(made) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_cache_does_not_wait_for_ever(cache):
    packed("odd", {}, lambda: {"x": np.arange(3)})
    (path,) = cache.glob("odd-*.npz")
    path.unlink()
    os.mkfifo(path)
    assert packed("odd", {}, lambda: {"x": np.arange(3)})["x"].tolist() == [0, 1, 2]
