"""A gallery in Milvus: shared by doors, kept when a process is killed, really forgotten."""

import builtins
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from test_many_people import random_people
from test_recognizer import ADA, BEN, CLEO, flat, picture

from siamese_lib.recognition import (
    GalleryError,
    MadeWith,
    MilvusGallery,
    MissingMilvusError,
    OneShotRecognizer,
    has_milvus,
    shared_gallery,
)

needs_milvus = pytest.mark.skipif(not has_milvus(), reason="needs pymilvus and milvus-lite")


def door_over(gallery, embed=flat):
    return OneShotRecognizer(embed, threshold=0.5, gallery=gallery)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gallery.db"


@pytest.fixture
def gallery(path):
    gallery = MilvusGallery(path)
    yield gallery
    gallery.close()


@needs_milvus
def test_the_answers_are_those_of_a_gallery_in_memory(gallery):
    data = random_people(200, n_pictures=2)
    memory, shared = OneShotRecognizer(flat, threshold=0.9), door_over(gallery)
    shared._fixed_threshold = 0.9
    for door in (memory, shared):
        door.enrol_all(data)
        door.remove("person 0007")
        door.enrol("person 0008", data.images[0], replace=True)
    visitors = torch.cat([data.images[:50], random_people(50, seed=3).images])
    assert shared.identify(visitors) == memory.identify(visitors)
    assert shared.names == memory.names and len(shared) == 199
    assert None in {v.name for v in memory.identify(visitors)}


@needs_milvus
def test_what_one_door_learns_another_knows_and_forgets(gallery):
    front, back = door_over(gallery), door_over(gallery)
    front.enrol("Ada", ADA)
    back.enrol("Ben", BEN)
    assert [v.name for v in front.identify(torch.stack([BEN, ADA]))] == ["Ben", "Ada"]
    with pytest.raises(ValueError, match="'Ada' is already enrolled"):
        back.enrol("Ada", CLEO)
    back.remove("Ada")
    assert front.identify(ADA)[0].name is None and "Ada" not in front and front.names == ("Ben",)
    front.remove("Ben")
    with pytest.raises(RuntimeError, match="nobody is enrolled: enrol"):
        back.identify(BEN)


@needs_milvus
def test_a_door_with_another_network_is_refused(gallery):
    door_over(gallery).enrol("Ada", ADA)
    other = door_over(gallery, lambda images: 1 - images.flatten(1))
    with pytest.raises(GalleryError, match="made with other weights"):
        other.identify(ADA)
    with pytest.raises(GalleryError, match="made with other weights"):
        other.enrol("Ben", BEN)
    with pytest.raises(ValueError, match="those of the people enrolled"):
        door_over(gallery).enrol("Ben", torch.zeros(1, 3, 3))
    door_over(gallery).remove("Ada")
    other.enrol("Ben", BEN)  # an empty gallery takes any network
    assert other.identify(BEN)[0].name == "Ben"


@needs_milvus
def test_no_name_is_read_as_a_question(gallery):
    door = door_over(gallery)
    names = ['"', "' or 1 == 1 or '", 'x" or person != "', "é\n", "probe", "a" * 200, "%", "\\"]
    for number, name in enumerate(names):
        door.enrol(name, picture(0.1 * number, 0.5, 0, 0))
    assert set(door.names) == {name.strip() for name in names}
    door.remove("' or 1 == 1 or '")
    assert len(door) == len(names) - 1 and "probe" in door
    found = door.identify(torch.stack([picture(0.1 * n, 0.5, 0, 0) for n in range(len(names))]))
    assert [v.nearest for v in found][3:] == [name.strip() for name in names[3:]]


@needs_milvus
def test_a_row_that_no_door_wrote_is_an_error_and_lets_nobody_in(gallery):
    """Under another key it could not be removed by its name."""
    door = door_over(gallery)
    door.enrol("Ada", ADA)
    gallery._insert([{"person": "x", "name": "Ada", "embedding": flat(ADA[None])[0].tolist()}])
    for ask in (lambda: door.identify(ADA), lambda: gallery.names, gallery.snapshot):
        with pytest.raises(GalleryError, match="a row of 'Ada' that no door wrote"):
            ask()


@needs_milvus
def test_all_or_none(gallery, monkeypatch):
    door = door_over(gallery)
    door.enrol("Ada", ADA)
    monkeypatch.setattr(shared_gallery, "ROWS_AT_ONCE", 16)
    insert, calls = gallery._client.insert, []

    def breaks(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the network is down")
        return insert(*arguments)

    monkeypatch.setattr(gallery._client, "insert", breaks)
    with pytest.raises(OSError, match="the network is down"):
        door.enrol_all(random_people(60, side=2))
    assert door.names == ("Ada",)
    door.enrol_all(random_people(60, side=2))
    assert len(door) == 61


@needs_milvus
def test_pages_of_people_are_read_to_the_end(gallery, monkeypatch):
    monkeypatch.setattr(shared_gallery, "ROWS_AT_ONCE", 32)
    door = door_over(gallery)
    door.enrol_all(random_people(100, side=2))
    assert len(door) == 100 and door.names[99] == "person 0099"
    assert gallery.known([f"person {i:04d}" for i in range(90, 110)]) == set(door.names[90:])


@needs_milvus
def test_saved_from_a_database_and_loaded_into_memory(gallery, tmp_path):
    door, data = door_over(gallery), random_people(20, n_pictures=3)
    door.enrol_all(data)
    door.save(tmp_path / "people.safetensors")
    loaded = OneShotRecognizer.load(tmp_path / "people.safetensors", flat)
    assert loaded.identify(data.images) == door.identify(data.images)
    assert MilvusGallery(tmp_path / "empty.db").snapshot().names == ()


ENROLS = """
import sys, torch
from siamese_lib.recognition import MilvusGallery, OneShotRecognizer
from test_recognizer import flat
door = OneShotRecognizer(flat, threshold=0.5, gallery=MilvusGallery(sys.argv[1]))
for number in range(1000):
    image = torch.rand(1, 4, 4, generator=torch.Generator().manual_seed(number))
    door.enrol(f"person {number}", image)
    if number % 4 == 3:
        door.remove(f"person {number - 1}")
    print(number, flush=True)
"""


def in_another_process(program, *words):
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2]), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", program, *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def acknowledged_until_killed(uri, n):
    """Start a process that enrols people, and kill it after it has said n times that it did."""
    process = in_another_process(ENROLS, uri)
    said = [int(process.stdout.readline()) for _ in range(n)]
    process.kill()
    said += [int(line) for line in process.stdout.read().split("\n") if line]
    process.wait()
    return said


def kept(said):
    """Who must be there, and who must not, after what was said."""
    removed = {number - 1 for number in said if number % 4 == 3}
    return {f"person {n}" for n in set(said) - removed}, {f"person {n}" for n in removed}


@needs_milvus
def test_a_killed_process_loses_nothing_that_was_acknowledged(path):
    said = acknowledged_until_killed(path, 30)
    there, gone = kept(said)
    door = door_over(MilvusGallery(path))
    assert len(said) >= 30 and there <= {*door.names} and not gone & {*door.names}
    # One more may be on its way, or about to be removed.
    assert len({*door.names} ^ there) <= 2
    for number in said:
        image = torch.rand(1, 4, 4, generator=torch.Generator().manual_seed(number))
        (found,) = door.identify(image)
        if f"person {number}" in there:
            assert (found.name, found.distance) == (f"person {number}", 0)
        elif f"person {number}" in gone:
            assert found.nearest != f"person {number}" and found.distance > 0


@needs_milvus
def test_in_use_by_another_process_says_what_to_do(path):
    process = in_another_process(ENROLS, path)
    process.stdout.readline()
    try:
        with pytest.raises(GalleryError, match="another process using it.*milvus-lite server"):
            MilvusGallery(path)
    finally:
        process.kill()
        process.wait()


def everything_in(folder):
    """All names and numbers in all files of a database, also those of removed rows."""
    import pyarrow
    import pyarrow.parquet

    tables = [pyarrow.parquet.read_table(file) for file in folder.rglob("*.parquet")]
    for file in folder.rglob("*.arrow"):
        with pyarrow.ipc.open_stream(file) as stream:
            tables.append(stream.read_all())
    rows = [row for table in tables for row in table.to_pylist()]
    raw = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    names = {row["name"] for row in rows if "name" in row}
    return names, raw


@needs_milvus
def test_after_rewriting_no_file_holds_who_was_removed(path):
    gallery = MilvusGallery(path)
    door, data = door_over(gallery), random_people(50)
    door.enrol_all(data)
    gallery._client.flush("people")
    door.remove("person 0017")
    gallery._client.flush("people")
    before = door.identify(data.images)
    names, _ = everything_in(path)
    assert "person 0017" in names, "a test that cannot fail"
    gallery.rewrite()
    assert door.identify(data.images) == before
    gallery.close()
    names, raw = everything_in(path)
    assert len(names - {"[1, 4, 4]"}) == 49 and "person 0017" not in names
    assert flat(data.batch())[17].numpy().tobytes() not in raw
    again = door_over(MilvusGallery(path))
    assert again.identify(data.images) == before and len(again) == 49


@needs_milvus
@pytest.mark.parametrize("dies_at", ["flush", "drop_collection", "rename_collection"])
def test_rewriting_that_breaks_off_loses_nobody(path, monkeypatch, dies_at):
    gallery = MilvusGallery(path)
    door_over(gallery).enrol_all(random_people(20))

    def dies(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(gallery._client, dies_at, dies)
    with pytest.raises(KeyboardInterrupt):
        gallery.rewrite()
    gallery.close()
    door = door_over(MilvusGallery(path))
    assert len(door) == 20 and door.identify(random_people(20).images)[3].distance == 0


@needs_milvus
def test_an_empty_gallery_can_be_rewritten(gallery):
    gallery.rewrite()
    assert gallery.names == () and gallery.made_with is None


@pytest.fixture
def server(tmp_path):
    """A server of Milvus's protocol, addressed as a cluster is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "import sys; from milvus_lite.cmdline import main; sys.exit(main(sys.argv[1:]))"
    words = ["server", "--data-dir", tmp_path / "data", "--host", "127.0.0.1", "--port", port]
    process = in_another_process(program, *words)
    for _ in range(200):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@needs_milvus
def test_doors_in_two_processes_share_a_server(server):
    """And one of them is killed."""
    here = door_over(MilvusGallery(server))
    here.enrol("Ada", torch.zeros(1, 4, 4))
    said = acknowledged_until_killed(server, 12)
    there, gone = kept(said)
    assert {"Ada", *there} <= {*here.names} and not gone & {*here.names}
    assert here.identify(torch.zeros(1, 4, 4))[0].name == "Ada"


def test_a_path_that_is_no_database(tmp_path):
    if not has_milvus():
        pytest.skip("needs pymilvus and milvus-lite")
    with pytest.raises(GalleryError, match=r"ends in .db, got '.*people'"):
        MilvusGallery(tmp_path / "people")
    with pytest.raises(ValueError, match="made_with must say how"):
        MilvusGallery(tmp_path / "a.db").with_people({"Ada": torch.zeros(1, 3)})


@needs_milvus
def test_two_pictures_tell_networks_apart_also_by_hand(gallery):
    made_with = MadeWith((1, 2, 2), torch.eye(2, 4))
    gallery.with_people({"Ada": torch.zeros(1, 4)}, made_with)
    assert gallery.made_with.image_shape == (1, 2, 2)
    assert torch.equal(gallery.made_with.probe, made_with.probe)
    distance, names = gallery.nearest_people(torch.ones(2, 4))
    assert distance.tolist() == [2, 2] and names == ["Ada", "Ada"]


def test_without_pymilvus_the_error_says_what_to_install(monkeypatch, path):
    real = builtins.__import__

    def without(name, *arguments):
        if name.startswith("pymilvus"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingMilvusError, match="pip install pymilvus milvus-lite"):
        MilvusGallery(path)
