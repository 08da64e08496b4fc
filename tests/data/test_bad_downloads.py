"""A server that fails at random: a hundred downloads, and never a file that is not the archive."""

import hashlib
import http.server
import random
import time

import pytest

from local_server import serving
from siamese_lib.data import download
from siamese_lib.data.download import NotAvailableError, ensure_archive

NAME = "images_background.zip"
TRUE = random.Random(0).randbytes(200_000)
FAULTS = ("good", "slow", "cut", "404", "503", "wrong bytes", "stalls", "too long", "no length")


class Faulty(http.server.BaseHTTPRequestHandler):
    """Answers every request with the fault of its server."""

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer(self.server.fault)

    def do_GET(self):
        fault = self.server.fault
        if not self.answer(fault):
            return
        body = {"wrong bytes": TRUE[:-1] + b"x", "too long": TRUE + b"more"}.get(fault, TRUE)
        if fault in ("cut", "stalls"):
            body = body[: self.server.draw.randrange(1, len(body))]
        for start in range(0, len(body), 20_000):
            self.wfile.write(body[start : start + 20_000])
            if fault == "slow":
                time.sleep(0.02)
        self.wfile.flush()
        if fault == "stalls":
            time.sleep(0.6)
        self.close_connection = True

    def answer(self, fault):
        if fault in ("404", "503"):
            # A failure that begins between the question and the download is met as well.
            if self.command == "HEAD" and self.server.draw.random() < 0.5:
                fault = "good"
            else:
                self.send_error(int(fault))
                return False
        self.send_response(200)
        if fault != "no length":
            extra = 4 if fault == "too long" else 0
            self.send_header("Content-Length", str(len(TRUE) + extra))
        self.end_headers()
        return True


@pytest.fixture
def faulty(monkeypatch):
    monkeypatch.setitem(download.FILES, NAME, (NAME, hashlib.md5(TRUE).hexdigest()))
    with serving(Faulty) as (server, address):
        server.draw, server.fault = random.Random(1), "good"
        yield server, address


def test_a_hundred_downloads_with_random_faults_leave_no_corrupt_file(faulty, tmp_path):
    server, url = faulty
    fetched = {fault: 0 for fault in FAULTS}
    faults = [*FAULTS, *random.Random(2).choices(FAULTS, k=100 - len(FAULTS))]
    for number, fault in enumerate(faults):
        folder = tmp_path / str(number)
        server.fault = fault
        try:
            ensure_archive(NAME, folder, url, patience=0.3)
        except NotAvailableError as error:
            assert NAME in str(error) and url in str(error)
            assert not folder.exists() or list(folder.iterdir()) == []
        else:
            fetched[fault] += 1
            assert (folder / NAME).read_bytes() == TRUE
            assert [path.name for path in folder.iterdir()] == [NAME]
    # What is whole was taken, and nothing else.
    wanted = {fault: faults.count(fault) for fault in ("good", "slow", "no length")}
    assert {fault: n for fault, n in fetched.items() if n} == wanted


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("good", "slow")])
def test_running_again_mends_it(faulty, tmp_path, fault):
    server, url = faulty
    server.fault = fault
    try:
        ensure_archive(NAME, tmp_path / "folder", url, patience=0.3)
    except NotAvailableError:
        server.fault = "good"
        ensure_archive(NAME, tmp_path / "folder", url, patience=5)
    assert (tmp_path / "folder" / NAME).read_bytes() == TRUE
