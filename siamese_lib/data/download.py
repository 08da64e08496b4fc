"""Fetching Omniglot, and other data, from its author when it is not there yet.

The download itself is torchvision's, with its checksums. What is added here is patience with a
limit: a network that does not answer must not hang a chapter.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese_lib.files import display_path
from siamese_lib.messages import note

# This and the md5 sums of the images are torchvision's own (tests/data/test_download.py). They are
# written out since importing torchvision takes longer than all of siamese_lib.
BASE_URL = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python"

# Path under BASE_URL and md5 of each file.
FILES = {
    "images_background.zip": ("images_background.zip", "68d2efa1b9178cc56df9314c21c6e718"),
    "images_evaluation.zip": ("images_evaluation.zip", "6b91aef0f799c5bb55b94e3f2daec811"),
    "all_runs.zip": ("one-shot-classification/all_runs.zip", "e8996daecdf12afeeb4a53a179f06b19"),
}

# Seconds that may pass without any byte arriving.
PATIENCE = 10.0


class NotAvailableError(OSError):
    """Data is not on this machine and could not be fetched."""


def data_folder(root: str | Path | None = None, name: str = "omniglot-py") -> Path:
    """The folder of the Omniglot archives: ``omniglot-py`` (torchvision's name) under a root.

    The root is ``root``, or ``$SIAMESE_DATA``, or ``~/.cache/siamese_lib``. Other data sets have a
    folder of another ``name`` beside it.
    """
    root = root or os.environ.get("SIAMESE_DATA") or "~/.cache/siamese_lib"
    return Path(root).expanduser() / name


def ensure_archive(
    name: str, folder: Path, base_url: str | None = None, patience: float | None = None
) -> Path:
    """The archive ``name`` in ``folder``, downloaded when it is missing.

    Args:
        name: one of ``FILES``.
        folder: where the archives are, and where a downloaded one goes.
        base_url: where to fetch from, by default Omniglot's own repository.
        patience: seconds without an answer after which the network counts as absent, by
            default ``PATIENCE``.

    Returns:
        The path of the archive.

    Raises:
        NotAvailableError: no network, no such file there, a wrong checksum, or a folder that
            cannot be written. Nothing half-written is left behind.
    """
    path = Path(folder) / name
    if path.exists():
        return path
    remote, md5 = FILES[name]
    url = f"{base_url or BASE_URL}/{remote}"
    fetch(url, path, f"{name} of Omniglot", md5, patience=patience)
    return path


def fetch(
    url: str,
    path: Path,
    what: str,
    md5: str | None = None,
    check: Callable[[Path], object] | None = None,
    patience: float | None = None,
) -> None:
    """Download one file, whole or not at all.

    Args:
        url: Address of the file.
        path: Where it goes.
        what: Its name in the note.
        md5: MD5 checksum that it must have. Default: any.
        check: Function that raises ValueError if the downloaded file is not the wanted one.
        patience: Seconds without an answer after which the network counts as absent. Default:
            ``PATIENCE``.

    Raises:
        NotAvailableError: If there is no network or no such file, if the file is not the wanted
            one, or if the folder cannot be written. Nothing half-written is left behind.
    """
    from torchvision.datasets.utils import download_url

    folder, name = path.parent, path.name
    patience = PATIENCE if patience is None else patience
    _check_that_it_answers(url, patience)
    note(f"downloading {what} to {display_path(folder)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Into a folder beside, then renamed: a cut download is never taken for the archive.
        with tempfile.TemporaryDirectory(dir=folder) as beside, _socket_patience(patience):
            download_url(url, beside, filename=name, md5=md5)
            if check is not None:
                check(Path(beside) / name)
            os.replace(Path(beside) / name, path)
    # torchvision raises RuntimeError on a wrong checksum
    except (OSError, RuntimeError, ValueError) as error:
        raise NotAvailableError(
            f"{name} could not be downloaded from {url}: {error}. Run again to try once more, or "
            f"put the file into {display_path(folder)} yourself."
        ) from error


def _check_that_it_answers(url: str, patience: float) -> None:
    """Ask for the headers in a thread: looking up a host name knows no time limit of its own."""
    answer: list[Exception | None] = []

    def ask() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=patience).close()
            answer.append(None)
        except Exception as error:
            answer.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience + 1)
    error = answer[0] if answer else TimeoutError(f"no answer in {patience:.0f} s")
    if error is not None:
        raise NotAvailableError(f"{url} cannot be reached ({error})") from error


@contextmanager
def _socket_patience(seconds: float) -> Iterator[None]:
    """A limit for sockets opened meanwhile: torchvision's download sets none."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
