"""Watch the processes of a submission from outside, and say when they go too far."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from grading.sandbox.limits import Limits, MiB

PAGE = 4096 if os.name == "nt" else os.sysconf("SC_PAGE_SIZE")
LOOK_EVERY = 0.1  # seconds between two checks of memory and processes
# Where a submission can write. An empty file or a link takes a kilobyte of the kernel's memory,
# which no other limit counts.
WRITABLE = ("tmp", "dev/shm")
MOST_FILES = 20_000


def _memory(process: psutil.Process) -> int:
    """Bytes of memory that a process has, also if its first thread has ended and others go on."""
    with contextlib.suppress(psutil.Error, OSError, ValueError):
        if n_bytes := process.memory_info().rss:
            return n_bytes
        pages = [
            int(file.read_text().split()[1])
            for file in Path(f"/proc/{process.pid}/task").glob("*/statm")
        ]
        return max(pages, default=0) * PAGE
    return 0


def _n_files(processes: list[psutil.Process]) -> int:
    """Files, folders and links on the small file systems that a submission sees as its own."""
    most = 0
    for one in processes:
        n_files = 0
        for place in WRITABLE:
            with contextlib.suppress(OSError):
                root = Path(f"/proc/{one.pid}/root")
                if not os.path.samestat(os.stat(root), os.stat("/")):
                    about = os.statvfs(root / place)
                    n_files += about.f_files - about.f_ffree
        most = max(most, n_files)
    return most


class Watch:
    """Counts time, memory and processes of a process and all below it.

    Args:
        pid: Of the process that was started.
        limits: Of the submission.
        end: Called once with the reason, in words for the student, when a limit is passed.
    """

    def __init__(self, pid: int, limits: Limits, end: Callable[[str], None]) -> None:
        self.limits, self._end = limits, end
        self._top = psutil.Process(pid)
        self._began = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def processor_seconds(self) -> float:
        """Return the processor time of all cores so far, ended processes included."""
        seconds = 0.0
        for one in self._processes():
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                seconds += times.user + times.system
                # Zero where the system does not tell of ended children.
                seconds += getattr(times, "children_user", 0.0)
                seconds += getattr(times, "children_system", 0.0)
        return seconds

    def _processes(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return [self._top, *self._top.children(recursive=True)]
        return []

    def _watch(self) -> None:
        while self._is_running():
            if reason := self._reason():
                return self._end(reason)
            time.sleep(LOOK_EVERY)
        self._end("")  # whatever it has left behind ends with it

    def _is_running(self) -> bool:
        with contextlib.suppress(psutil.Error):
            return self._top.is_running() and self._top.status() != psutil.STATUS_ZOMBIE
        return False

    def _reason(self) -> str | None:
        limits, processes = self.limits, self._processes()
        if time.monotonic() - self._began > limits.total_seconds:
            return f"it took more than {limits.total_seconds:.0f} s in all"
        if len(processes) > limits.n_processes:
            return f"it started more than {limits.n_processes} processes"
        n_bytes = 0
        for one in processes:
            n_bytes += _memory(one)
        if n_bytes > limits.memory_bytes:
            return f"it took more than {limits.memory_bytes // MiB} MB of memory"
        if _n_files(processes[1:]) > MOST_FILES:
            return f"it made more than {MOST_FILES:,} files"
        return None
