"""Many pictures, each embedded exactly once, whatever is killed."""

import json
import os

import numpy as np
import pytest
import torch
from on_ranks import embedded, pictures_embedded

from siamese_lib.data import make_glyphs
from siamese_lib.distributed import ShardError, WorkerError, embed_shards, read_shards, run_workers


def flat(images):
    return images.flatten(1)


@pytest.fixture
def pictures():
    return torch.rand(100, 1, 4, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "embeddings"


def test_in_shards_as_at_once(pictures, folder):
    assert embed_shards(flat, pictures, folder, shard_size=30) == 4
    shards = read_shards(folder)
    assert [len(shard) for shard in shards] == [30, 30, 30, 10]
    assert np.array_equal(np.concatenate(shards), pictures.flatten(1).numpy())
    assert all(isinstance(shard, np.memmap) and shard.dtype == np.float32 for shard in shards)


def test_of_a_set_and_of_a_file_that_is_mapped(folder, tmp_path):
    data = make_glyphs([12], size=16, seed=1, n_drawers=6)
    embed_shards(flat, data, folder, shard_size=25)
    np.save(tmp_path / "pictures.npy", data.images.numpy())
    mapped = torch.from_numpy(np.load(tmp_path / "pictures.npy", mmap_mode="r+"))
    embed_shards(flat, mapped, tmp_path / "second", shard_size=25)
    first, second = (np.concatenate(read_shards(f)) for f in (folder, tmp_path / "second"))
    assert np.array_equal(first, second) and np.array_equal(first, flat(data.batch()).numpy())


def test_a_second_call_makes_nothing_again(pictures, folder):
    embed_shards(flat, pictures, folder, shard_size=30)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert embed_shards(flat, pictures, folder, shard_size=30) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_killed_worker_loses_nothing_that_was_finished(folder, pictures):
    with pytest.raises(WorkerError, match="rank 1 was killed by signal 9"):
        run_workers(embedded, ranks=2, folder=str(folder), dies_at=4)
    finished = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npy")}
    assert {"000001.npy", "000003.npy"} <= finished.keys() and "000005.npy" not in finished
    with pytest.raises(ShardError, match="lacks .* of 13 files.*call embed_shards again"):
        read_shards(folder)
    made = run_workers(embedded, ranks=2, folder=str(folder))
    assert sum(made) == 13 - len(finished)
    for name, time in finished.items():
        assert (folder / name).stat().st_mtime_ns == time, f"{name} was made again"
    shards = np.concatenate(read_shards(folder))
    assert np.array_equal(shards, pictures.flatten(1)[:, :10].numpy())


def test_over_ranks_every_picture_is_embedded_once(folder, pictures):
    assert sum(run_workers(embedded, ranks=2, folder=str(folder))) == 13
    value, count = pictures_embedded(folder)
    probe = float(pictures[0].flatten()[0])
    expected = np.where(value == np.float32(probe), 3, 1)  # once for each rank, and in its turn
    assert len(value) == 100 and np.array_equal(count, expected)


def test_a_file_that_was_being_written_is_no_shard(pictures, folder):
    calls = 0

    def breaks(images):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError("no space left")
        return flat(images)

    with pytest.raises(OSError, match="no space left"):
        embed_shards(breaks, pictures, folder, shard_size=30)
    assert {path.name for path in folder.iterdir()} == {"about.json", "000000.npy"}


def test_other_pictures_networks_and_sizes_are_refused(pictures, folder):
    embed_shards(flat, pictures, folder, shard_size=30)
    with pytest.raises(ShardError, match="begun with shard_size=30, now it is 20"):
        embed_shards(flat, pictures, folder, shard_size=20)
    with pytest.raises(ShardError, match="begun with pictures=100, now it is 99"):
        embed_shards(flat, pictures[1:], folder, shard_size=30)
    with pytest.raises(ShardError, match="another network or other pictures"):
        embed_shards(lambda images: 1 - flat(images), pictures, folder, shard_size=30)
    with pytest.raises(ShardError, match="another network or other pictures"):
        embed_shards(lambda images: flat(images)[:, :3], pictures, folder, shard_size=30)
    with pytest.raises(ValueError, match="shard_size must be an int of 1 or more"):
        embed_shards(flat, pictures, folder, shard_size=0)


def test_no_folder_and_a_folder_of_something_else(folder, tmp_path):
    with pytest.raises(ShardError, match="holds no embeddings: call embed_shards first"):
        read_shards(folder)
    (tmp_path / "about.json").write_text(json.dumps({"pictures": 3, "shard_size": 2}))
    with pytest.raises(ShardError, match="lacks 2 of 2 files, the first is 000000.npy"):
        read_shards(tmp_path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "about",
    [
        '{"pictures": 1000000000000000000, "shard_size": 1}',
        '{"pictures": 3, "shard_size": 0}',
        '{"pictures": -3, "shard_size": 2}',
        '{"pictures": "3", "shard_size": 2}',
        '{"pictures": 3}',
        "[" * 100_000,
        "[1]",
        "no JSON",
    ],
)
def test_a_folder_from_a_stranger_is_named(tmp_path, about):
    (tmp_path / "about.json").write_text(about)
    with pytest.raises(ShardError, match=r"lacks 10{18} of 10{18} files|about.json is damaged"):
        read_shards(tmp_path)


def test_rows_that_a_file_does_not_hold_are_named(pictures, folder):
    embed_shards(flat, pictures, folder, shard_size=100)
    path = folder / "000000.npy"
    path.write_bytes(path.read_bytes().replace(b"(100, ", b"(999, "))
    with pytest.raises(ShardError, match=r"000000.npy is damaged"):
        read_shards(folder)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((30, 9), np.float32), "do not fit together"),
        (np.zeros((30, 16), np.float64), "do not fit together"),
        (np.zeros((29, 16), np.float32), "do not fit together: they hold 99 rows"),
        (np.zeros(16, np.float32), "holds no rows of numbers"),
        (np.array("text"), "holds no rows of numbers"),
    ],
)
def test_a_shard_that_does_not_fit_is_named(pictures, folder, rows, message):
    embed_shards(flat, pictures, folder, shard_size=30)
    with open(folder / "000001.npy", "wb") as file:
        np.save(file, rows)
    with pytest.raises(ShardError, match=message):
        read_shards(folder)


def test_a_shard_that_is_a_pipe_does_not_wait_for_ever(pictures, folder):
    embed_shards(flat, pictures, folder, shard_size=30)
    (folder / "000001.npy").unlink()
    os.mkfifo(folder / "000001.npy")
    with pytest.raises(ShardError, match="it is no file"):
        read_shards(folder)


def test_a_probe_that_is_no_numbers_is_named(pictures, folder):
    embed_shards(flat, pictures, folder, shard_size=30)
    about = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**about, "probe": ["a"]}))
    with pytest.raises(ShardError, match="its probe is no numbers"):
        embed_shards(flat, pictures, folder, shard_size=30)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_description_that_is_no_file_does_not_wait_for_ever(pictures, folder, make):
    embed_shards(flat, pictures, folder, shard_size=30)
    (folder / "about.json").unlink()
    make(folder / "about.json")
    with pytest.raises(ShardError):
        embed_shards(flat, pictures, folder, shard_size=30)
    with pytest.raises(ShardError):
        read_shards(folder)
