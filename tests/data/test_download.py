"""The download code against a server on this machine: a good one, and several bad ones."""

import hashlib
import socket
import time
from contextlib import ExitStack

import pytest
from small_archives import write_archive
from torchvision.datasets import Omniglot

from local_server import QuietFiles, files_of, serving
from siamese_lib.data import download, load_characters
from siamese_lib.data.download import NotAvailableError, ensure_archive

NAME = "images_background.zip"
ADDRESS = download.BASE_URL  # each test has another one, of nobody


@pytest.fixture
def serve():
    """Serve with a handler class on a free port of 127.0.0.1; gives the base URL."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(serving(handler))[1]


@pytest.fixture
def archive_server(serve, tmp_path, monkeypatch):
    """A server that holds both small archives, with their true checksums on record."""
    folder = tmp_path / "served"
    folder.mkdir()
    for split in ("background", "evaluation"):
        path = write_archive(folder / f"images_{split}.zip", split)
        md5 = hashlib.md5(path.read_bytes()).hexdigest()
        monkeypatch.setitem(download.FILES, path.name, (path.name, md5))
    return serve(files_of(folder))


def test_downloads_once_and_reads(archive_server, small_omniglot, monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(download, "BASE_URL", archive_server)
    root = tmp_path / "new-root"
    data = load_characters("omniglot", root=root)
    assert len(data) == 60 and "downloading images_background.zip" in caplog.text
    caplog.clear()
    load_characters("omniglot", root=root)
    assert "downloading" not in caplog.text
    assert [path.name for path in (root / "omniglot-py").iterdir()] == [NAME]


def test_auto_takes_omniglot_when_it_can_be_downloaded(
    archive_server, small_omniglot, monkeypatch, tmp_path
):
    monkeypatch.setattr(download, "BASE_URL", archive_server)
    assert load_characters(root=tmp_path / "new").name == "Omniglot background"


def test_wrong_checksum_leaves_nothing(archive_server, monkeypatch, tmp_path):
    monkeypatch.setitem(download.FILES, NAME, (NAME, "0" * 32))
    with pytest.raises(NotAvailableError, match="images_background.zip could not be downloaded"):
        ensure_archive(NAME, tmp_path / "folder", archive_server)
    assert list((tmp_path / "folder").iterdir()) == []


def test_no_network_says_so_at_once(tmp_path):
    began = time.perf_counter()
    with pytest.raises(NotAvailableError, match="cannot be reached"):
        ensure_archive(NAME, tmp_path / "folder", "http://127.0.0.1:9")
    assert time.perf_counter() - began < 5
    assert not (tmp_path / "folder").exists()


def test_file_not_on_the_server(archive_server, tmp_path):
    with pytest.raises(NotAvailableError, match="cannot be reached.*404"):
        ensure_archive("all_runs.zip", tmp_path, archive_server)


def test_server_that_never_answers_does_not_hang(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.perf_counter()
        with pytest.raises(NotAvailableError, match="cannot be reached"):
            ensure_archive(NAME, tmp_path, url, patience=0.5)
        assert time.perf_counter() - began < 10


class Stalls(QuietFiles):
    """Promises a file, sends a little of it, then nothing more."""

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"PK" + bytes(1000))
        self.wfile.flush()
        time.sleep(5)


def test_download_that_stalls_is_given_up_and_cleaned(serve, tmp_path):
    before = socket.getdefaulttimeout()
    with pytest.raises(NotAvailableError, match="could not be downloaded"):
        ensure_archive(NAME, tmp_path / "folder", serve(Stalls), patience=0.5)
    assert list((tmp_path / "folder").iterdir()) == []
    assert socket.getdefaulttimeout() == before


class CutsOff(Stalls):
    """Sends a little of the file and closes the connection, as a broken line does."""

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"PK" + bytes(1000))
        self.close_connection = True


def test_download_that_breaks_off_leaves_nothing(serve, tmp_path):
    with pytest.raises(NotAvailableError, match="could not be downloaded"):
        ensure_archive(NAME, tmp_path / "folder", serve(CutsOff))
    assert list((tmp_path / "folder").iterdir()) == []


def test_folder_that_cannot_be_made(archive_server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotAvailableError, match="could not be downloaded"):
        ensure_archive(NAME, tmp_path / "file" / "folder", archive_server)


def test_addresses_and_checksums_are_torchvisions():
    sums = {name.removesuffix(".zip"): md5 for name, (_, md5) in download.FILES.items()}
    assert {name: sums[name] for name in Omniglot.zips_md5} == Omniglot.zips_md5
    assert Omniglot.download_url_prefix == ADDRESS
