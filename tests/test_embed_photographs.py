"""Embeddings of photographs: computed once, kept through a kill, and never mixed up."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from siamese_lib.data import UnreadableImageError, load_photographs
from siamese_lib.embedding import _EmbeddingFile, embed_photographs

# A process that embeds slowly, one picture a batch, and can be killed between two.
SLOWLY = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_embed_photographs import MeanColour
from siamese_lib.data import load_photographs
from siamese_lib.embedding import embed_photographs
class Slow(MeanColour):
    def __call__(self, images):
        time.sleep(1)
        return super().__call__(images)
embed_photographs(Slow(), load_photographs(Path({folder!r})), batch_size=1, progress=False)
"""


class MeanColour:
    """A backbone that is quick, counts the pictures that it saw, and has no weights."""

    name, out_features = "mean", 3

    def __init__(self, version="1"):
        self.version, self.n_seen = version, 0

    def prepare(self, picture):
        return torch.from_numpy(picture[:, :4, :4].copy())

    def fingerprint(self):
        return self.version

    def __call__(self, images):
        assert images.dtype == torch.float32 and images.max() <= 1
        self.n_seen += len(images)
        return images.mean((2, 3))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    for number in range(9):
        path = tmp_path / "toys" / "abc"[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 5), (20 * number, 7, 255)).save(path)
    return tmp_path / "toys"


def expected(data):
    means = [data.read(row).mean(axis=(1, 2)) / 255 for row in range(len(data))]
    return torch.tensor(np.array(means), dtype=torch.float16).float()


def embed(backbone, data, **how):
    return embed_photographs(backbone, data, progress=False, **how)


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_embeddings_in_the_order_of_the_pictures(folder, batch_size):
    data = load_photographs(folder)
    found = embed(MeanColour(), data, batch_size=batch_size)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected(data), atol=1e-3, rtol=0)


def test_nothing_is_computed_twice(folder):
    data, backbone = load_photographs(folder), MeanColour()
    first = embed(backbone, data)
    assert backbone.n_seen == 9
    assert torch.equal(embed(backbone, data), first)  # to the last bit
    assert torch.equal(embed(backbone, data.select([7, 2])), first[[7, 2]])
    assert backbone.n_seen == 9


def test_what_is_new_or_changed_is_computed(folder):
    backbone = MeanColour()
    embed(backbone, load_photographs(folder))
    Image.new("RGB", (6, 5), "white").save(folder / "a" / "0.png")
    Image.new("RGB", (6, 5), "white").save(folder / "b" / "new.png")
    data = load_photographs(folder)
    found = embed(backbone, data)
    assert backbone.n_seen == 11 and found[0].tolist() == [1, 1, 1]
    torch.testing.assert_close(found, expected(data), atol=1e-3, rtol=0)


def test_another_backbone_has_a_file_of_its_own(folder, tmp_path):
    data, other = load_photographs(folder), MeanColour("2")
    embed(MeanColour(), data)
    embed(other, data)
    assert other.n_seen == 9 and len(list((tmp_path / "cache").iterdir())) == 2


def test_an_unreadable_picture_stops_it_and_the_others_are_kept(folder):
    (folder / "c" / "8.png").write_bytes(b"not a picture")
    data, backbone = load_photographs(folder), MeanColour()
    with pytest.raises(UnreadableImageError, match=r"8\.png"):
        embed(backbone, data, batch_size=4)
    Image.new("RGB", (6, 5)).save(folder / "c" / "8.png")
    embed(backbone, load_photographs(folder))
    assert backbone.n_seen == 9


def test_a_killed_run_goes_on_where_it_was(folder, tmp_path):
    code = SLOWLY.format(tests=str(Path(__file__).parent), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ})
    (tmp_path / "cache").mkdir(exist_ok=True)
    n_kept, end = 0, time.monotonic() + 120
    while n_kept < 3 and time.monotonic() < end:
        time.sleep(0.05)
        for file in (tmp_path / "cache").glob("*.sqlite"):
            try:
                opened = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
                (n_kept,) = opened.execute("SELECT COUNT(*) FROM embeddings").fetchone()
                opened.close()
            except sqlite3.Error:
                pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    data, backbone = load_photographs(folder), MeanColour()
    found = embed(backbone, data)
    assert 3 <= n_kept < 9 and 0 < backbone.n_seen <= 9 - n_kept
    torch.testing.assert_close(found, expected(data), atol=1e-3, rtol=0)


def damage(path, how):
    content = path.read_bytes()
    if how == "text":
        path.write_bytes(b"no database" * 1000)
    elif how == "middle":
        path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    else:
        path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("how", ["text", "middle", "cut"])
def test_a_damaged_file_is_made_again(folder, tmp_path, how):
    data = load_photographs(folder)
    first = embed(MeanColour(), data)
    (file,) = (tmp_path / "cache").iterdir()
    damage(file, how)
    assert torch.equal(embed(MeanColour(), data), first)


def test_a_stored_vector_of_another_length_is_not_used(folder, tmp_path):
    data, backbone = load_photographs(folder), MeanColour()
    first = embed(backbone, data)
    (file,) = (tmp_path / "cache").iterdir()
    with sqlite3.connect(file) as opened:
        opened.execute("UPDATE embeddings SET vector = ? WHERE picture LIKE 'a/0%'", (b"12",))
    assert torch.equal(embed(backbone, data), first) and backbone.n_seen == 10


def test_a_folder_that_cannot_be_written_is_a_note(folder, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "file"))
    data = load_photographs(folder)
    torch.testing.assert_close(embed(MeanColour(), data), expected(data), atol=1e-3, rtol=0)
    assert "embeddings are not kept" in caplog.text


def test_progress_counts_what_was_done_before(folder, capsys):
    data = load_photographs(folder)
    embed(MeanColour(), data.select([0, 1, 2]))
    embed_photographs(MeanColour(), data)
    said = capsys.readouterr().err
    assert "embedding toys" in said and "3/9" in said and "9/9" in said
    embed_photographs(MeanColour(), data)
    assert not capsys.readouterr().err


def test_batch_size_of_zero(folder):
    with pytest.raises(ValueError, match="batch_size must be an int of 1 or more"):
        embed(MeanColour(), load_photographs(folder), batch_size=0)


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE VIEW embeddings AS SELECT 'a' AS picture, hex(zeroblob(400000000)) AS vector",
        "CREATE VIEW embeddings AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT x AS picture, x AS vector FROM c",
        "CREATE TABLE embeddings (picture TEXT PRIMARY KEY, vector BLOB AS (zeroblob(400000000)))",
    ],
)
def test_a_question_of_a_stranger_in_place_of_the_table_is_not_asked(schema, monkeypatch, tmp_path):
    """A file of 4 kB took 5 GB, or never ended."""
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    with sqlite3.connect(tmp_path / "embeddings-x.sqlite") as opened:
        opened.execute(schema)
    opened.close()
    with _EmbeddingFile("x") as store:
        assert store.get("a", 4) is None
        store.put(["a"], np.ones((1, 4), np.float16))
        assert store.get("a", 4).tolist() == [1, 1, 1, 1]


def test_a_trigger_behind_repeated_rows_does_not_run(monkeypatch, tmp_path):
    """Rows of the index may be repeated, and what stood behind four of them was not looked at."""
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    with _EmbeddingFile("x"):
        pass
    index = ("index", _EmbeddingFile.INDEX, "embeddings")
    opened = sqlite3.connect(tmp_path / "embeddings-x.sqlite")
    opened.execute("PRAGMA writable_schema = ON")
    (page,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'").fetchone()
    for _ in range(4):
        opened.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", (*index, page, None))
    opened.execute(
        "CREATE TRIGGER x AFTER INSERT ON embeddings BEGIN"
        " INSERT INTO embeddings VALUES ('planted', x'00'); END"
    )
    opened.commit()
    opened.close()
    with _EmbeddingFile("x") as store:
        store.put(["a"], np.ones((1, 4), np.float16))
        names = store.file.execute("SELECT picture FROM embeddings").fetchall()
    assert names == [("a",)]


def test_a_number_in_place_of_an_embedding_is_computed_again(monkeypatch, tmp_path):
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path))
    with _EmbeddingFile("x") as store:
        store.file.execute("INSERT INTO embeddings VALUES ('a', 5)")
        assert store.get("a", 4) is None


def journal_that_names(victim, pages=1, page=4096):
    """A rollback journal whose last record names the journal of several databases."""
    name, magic = os.fsencode(victim), bytes.fromhex("d9d505f920a163d7")
    head = magic + b"".join(one.to_bytes(4, "big") for one in (0, 7, pages, 512, page))
    after = (0x40000000 // page + 1).to_bytes(4, "big") + name
    after += len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + magic
    return head.ljust(512, b"\0"), after


def test_a_journal_of_a_stranger_deletes_no_file(tmp_path, folder):
    photographs, victim = load_photographs(folder), tmp_path / "thesis.tex"
    victim.write_text("thesis")
    first = embed_photographs(MeanColour(), photographs, progress=False)
    (cache,) = (tmp_path / "cache").glob("*.sqlite")
    journal = cache.with_name(f"{cache.name}-journal")
    journal.write_bytes(b"".join(journal_that_names(victim)))
    again = embed_photographs(MeanColour(), photographs, progress=False)
    assert victim.read_text() == "thesis" and not journal.exists()
    assert torch.equal(first, again)


def test_a_journal_of_a_stranger_makes_no_file_of_terabytes(tmp_path, folder):
    photographs = load_photographs(folder)
    embed_photographs(MeanColour(), photographs, progress=False)
    (cache,) = (tmp_path / "cache").glob("*.sqlite")
    head, _ = journal_that_names("x", pages=0x3FFFFFFF)
    cache.with_name(f"{cache.name}-journal").write_bytes(head)
    embed_photographs(MeanColour(), photographs, progress=False)
    assert cache.stat().st_size < 1_000_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("end", ["", "-journal", "-wal"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_cache_that_is_no_file_is_a_note(end, make, tmp_path, folder, caplog):
    photographs = load_photographs(folder)
    wanted = embed_photographs(MeanColour(), photographs, progress=False)
    (cache,) = (tmp_path / "cache").glob("*.sqlite")
    odd = cache.with_name(cache.name + end)
    odd.unlink(missing_ok=True)
    make(odd)
    assert torch.equal(embed_photographs(MeanColour(), photographs, progress=False), wanted)
    assert "embeddings are not kept" in caplog.text
