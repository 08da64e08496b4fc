"""Read the bytes of a submission: a plain file, or a member of a zip. Nothing is written to disk.

A member has a path as if the zip were a folder: ``inbox/ada/work.zip/1_twins_and_losses.ipynb``.
"""

from __future__ import annotations

import io
import os
import re
import stat
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from grading.printable import name_of_file, printable

# Of one file, unpacked. Pictures in outputs take most of it, and outputs are not needed. With one
# emoji in it, it takes four times its size in memory, a few times over.
LARGEST = 32 << 20
# Of a zip, which is not read as a whole: a class that a platform packed must fit.
LARGEST_ZIP = 1 << 30
MOST_MEMBERS = 50_000
MOST_UNPACKED = 500 << 20  # of the notebooks in one folder of a zip
LONGEST_PATH = 1024
DEEPEST_PATH = 32
# Notebooks are packed to a tenth, notebooks with plain pictures to a hundredth of their size.
MOST_RATIO = 200
# The table of contents of a zip is read at once; more than this is not the work of a student.
LARGEST_READ = 8 << 20
NOTEBOOK = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.I)
DRIVE = re.compile(r"[^/]?:")  # a Windows drive: it leads elsewhere from any place in a path
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class UnreadableError(ValueError):
    """A file that cannot be graded; the message says why, and can be printed."""


class Member(NamedTuple):
    """A file in a zip.

    Attributes:
        parts: Its path in the zip.
        time: When it was changed, as far as the zip says: year, month, day, hour, minute, second.
        n_bytes: Its size, unpacked, as the zip says; no more is unpacked.
    """

    parts: tuple[str, ...]
    time: tuple[int, ...]
    n_bytes: int


def content_of(path: Path) -> bytes:
    """Return the bytes of a file, or of a member of a zip.

    Raises:
        UnreadableError: If it is too large, a link, no plain file, or a zip that cannot be read.
        OSError: If the system does not let us read it.
    """
    archive = zip_of(path)
    if archive is None:
        with os.fdopen(_descriptor(path, LARGEST), "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise _too_large(path.name)
        return content
    return _kept_open.unpacked(path, archive)


def zip_of(path: Path) -> Path | None:
    """Return the zip that a path leads into; None if it is the path of a file on the disk."""
    for parent in path.parents:
        if is_zip(parent.name) and parent.is_file():
            return parent
    return None


def is_zip(name: str) -> bool:
    """Whether a file of this name is a zip."""
    return name.lower().endswith(".zip")


def is_notebook(name: str) -> bool:
    """Whether a file of this name is a notebook, perhaps with an ending that a browser added."""
    return NOTEBOOK.search(name) is not None


def members(archive: Path) -> tuple[list[Member], int]:
    """Return the files in a zip, and the number of those that are left out.

    Links are left out, paths that lead out of the zip or are too long, and folders that are too
    large.

    Raises:
        UnreadableError: If it is damaged, or if it holds too many or too large files.
        OSError: If the system does not let us read it.
    """
    with _opened(archive) as opened:
        # A name that is empty, perhaps behind a zero byte, breaks is_dir().
        found = [info for info in opened.infolist() if not info.filename.endswith("/")]
        safe = [
            Member(_parts(info), info.date_time, info.file_size) for info in found if _parts(info)
        ]
        too_large = _too_large_folders(safe)
        if too_large and all(member.parts[:-1][:1] in too_large for member in safe):
            name, most = name_of_file(archive.name), MOST_UNPACKED >> 20
            raise UnreadableError(f"{name} holds more than {most} MB of notebooks")
        safe = [member for member in safe if member.parts[:-1][:1] not in too_large]
        return safe, len(found) - len(safe)


def _too_large_folders(found: list[Member]) -> set[tuple[str, ...]]:
    """The outermost folders of a zip, which may be students, with more than anybody hands in."""
    n_bytes: Counter[tuple[str, ...]] = Counter()
    for member in found:
        if is_notebook(member.parts[-1]):
            n_bytes[member.parts[:-1][:1]] += member.n_bytes
    return {folder for folder, total in n_bytes.items() if total > MOST_UNPACKED}


class _InSmallParts(io.FileIO):
    """A file that refuses to be read in parts larger than any student's zip needs."""

    def read(self, size: int | None = -1) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        if (left if size is None or size < 0 else min(size, left)) > LARGEST_READ:
            raise UnreadableError("its table of contents is too large")
        return super().read(-1 if size is None else size) or b""


def _descriptor(path: Path, largest: int) -> int:
    """Open a file that is no link, no pipe and no device; a pipe would never end."""
    name = name_of_file(path.name)
    if path.is_symlink():
        raise UnreadableError(f"{name} is a link, and links are not followed")
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_size <= largest:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(about.st_mode):
        raise _too_large(path.name, largest)
    raise UnreadableError(f"{name} is not a plain file")


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    with closing(_open(archive)) as opened:
        yield opened


class _KeptOpen:
    """The zip that was read last; it stays open, as its table is read once for all its files."""

    def __init__(self) -> None:
        self.key: object = None
        self.opened: zipfile.ZipFile | None = None
        self.places: dict[tuple[str, ...], zipfile.ZipInfo] = {}
        self.lock = threading.Lock()

    def unpacked(self, path: Path, archive: Path) -> bytes:
        """Return the bytes of a member."""
        about = os.stat(archive)
        key = (archive, about.st_mtime_ns, about.st_size)
        with self.lock:
            if self.opened is None or key != self.key:
                self._open(archive)
                self.key = key
            wanted = path.relative_to(archive).parts
            if self.opened is None or wanted not in self.places:
                raise UnreadableError(f"{name_of_file(archive.name)} has no such file")
            return _unpacked(self.opened, self.places[wanted])

    def _open(self, archive: Path) -> None:
        if self.opened is not None:
            self.opened.close()
            if self.opened.fp is not None:
                self.opened.fp.close()
        self.key, self.opened, self.places = None, None, {}
        self.opened = _open(archive)
        self.places = {_parts(info): info for info in self.opened.infolist()}


_kept_open = _KeptOpen()


def _open(archive: Path) -> zipfile.ZipFile:
    file = _InSmallParts(_descriptor(archive, LARGEST_ZIP), "r")
    try:
        opened = zipfile.ZipFile(file)
        if len(opened.infolist()) > MOST_MEMBERS:
            raise UnreadableError(f"it holds more than {MOST_MEMBERS} files")
        return opened
    except Exception as error:  # a damaged zip raises almost anything
        file.close()
        why = str(error) if isinstance(error, UnreadableError) else type(error).__name__
        raise UnreadableError(
            f"{name_of_file(archive.name)} is not a zip that can be read: {why}"
        ) from error


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """The path of a member; empty if it leads out of the zip, or if the member is a link."""
    name = info.filename.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if len(name) > LONGEST_PATH or len(parts) > DEEPEST_PATH:
        return ()
    leads_out = name.startswith("/") or ".." in parts or any(map(DRIVE.match, parts))
    if leads_out or stat.S_ISLNK(info.external_attr >> 16) or "\0" in name:
        return ()
    return parts


def _unpacked(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    name = _parts(info)[-1]
    if info.file_size > LARGEST:
        raise _too_large(name)
    if info.file_size > LARGEST_READ and info.file_size > MOST_RATIO * info.compress_size:
        raise UnreadableError(f"{name_of_file(name)} is packed suspiciously small")
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise UnreadableError(f"{name_of_file(name)} is encrypted, or packed in an unusual way")
    try:
        with opened.open(info) as file:
            content = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(
            f"{name_of_file(name)} cannot be unpacked: {printable(str(error))[:100]}"
        ) from error
    if len(content) > LARGEST:
        raise _too_large(name)
    return content


def _too_large(name: str, largest: int = LARGEST) -> UnreadableError:
    cure = "unpack it" if is_zip(name) else "clear its outputs and hand it in again"
    return UnreadableError(f"{name_of_file(name)} is larger than {largest >> 20} MB: {cure}")
