"""What one submission may use, and how much of it comes back."""

from __future__ import annotations

from typing import NamedTuple

MiB = 1 << 20


class NoSandboxError(RuntimeError):
    """The requested sandbox does not work on this machine."""


class Limits(NamedTuple):
    """Limits of one submission.

    Attributes:
        cell_seconds: Processor time for one cell of the notebook.
        probe_seconds: Processor time for one question.
        total_seconds: Time for the whole submission.
        memory_bytes: Memory of all its processes together.
        n_processes: Number of processes.
        n_threads: Number of threads in all its processes together.
        output_bytes: Size of what it prints.
        file_bytes: Size of one file that it writes.
        scratch_bytes: Size of all files that it writes.
        reply_bytes: Size of one reply to the grader.
    """

    cell_seconds: float = 120
    probe_seconds: float = 30
    total_seconds: float = 900
    memory_bytes: int = 4096 * MiB
    n_processes: int = 32
    n_threads: int = 128
    output_bytes: int = 5 * MiB
    file_bytes: int = 64 * MiB
    scratch_bytes: int = 256 * MiB
    reply_bytes: int = MiB
