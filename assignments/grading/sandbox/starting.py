"""Start a process in a sandbox, and end it with all that it has started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.sandbox import bubblewrap, container
from grading.sandbox.library_view import library_view
from grading.sandbox.limits import Limits, NoSandboxError

KINDS = ("bubblewrap", "container", "none")
START_SECONDS = 60


class Sandboxed:
    """A process in a sandbox, with pipes to it.

    Args:
        popen: The process that was started; the sandboxed ones are below it.
        first: File descriptor of the first process inside (a pidfd), if there is one.
        id_file: File with the id of the container, if it is one.
    """

    def __init__(
        self, popen: subprocess.Popen[bytes], first: int | None = None, id_file: Path | None = None
    ) -> None:
        self.popen, self._first, self._id_file = popen, first, id_file
        self._lock = threading.Lock()
        self._ended = False

    def end(self) -> None:
        """End all its processes at once. Ending it again does nothing."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            # The first process of a namespace takes all others with it, whatever they have done
            # to leave their group or to outlive their parent.
            if self._first is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._first, signal.SIGKILL)
                os.close(self._first)
            if self._id_file is not None:
                self._end_container(self._id_file)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()

    def _end_container(self, id_file: Path) -> None:
        command = container.end_command(id_file)
        if command is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(command, capture_output=True, timeout=60)
        id_file.unlink(missing_ok=True)


def start(
    kind: str, arguments: Sequence[str], limits: Limits, closed: tuple[str, ...] = ()
) -> Sandboxed:
    """Start Python in a sandbox.

    Args:
        kind: One of ``KINDS``.
        arguments: Of Python.
        limits: Of the submission.
        closed: Modules whose code is missing inside.

    Raises:
        NoSandboxError: If the sandbox did not start.
    """
    view = library_view(closed)
    if kind == "bubblewrap":
        return _in_bubblewrap(view, [os.path.abspath(sys.executable), *arguments], limits)
    if kind == "container":
        id_file = Path(tempfile.mkdtemp(prefix="siamese-container-")) / "id"
        command = [*container.command(view, limits, id_file), "python", *arguments]
        return Sandboxed(_popen(command, dict(os.environ)), id_file=id_file)
    if bubblewrap.is_root():
        raise NoSandboxError(
            "SANDBOX=none would run submissions as root: use another user, or a sandbox"
        )
    environment = {**bubblewrap.ENVIRONMENT, "PYTHONPATH": str(view)}
    return Sandboxed(_popen([sys.executable, *arguments], environment))


def _in_bubblewrap(view: Path, inner: list[str], limits: Limits) -> Sandboxed:
    from grading.sandbox.system_calls import filter_file  # needs libseccomp, on Linux only

    read_info, write_info = os.pipe()
    filter_fd = filter_file()
    try:
        command = bubblewrap.command(view, limits, filter_fd, write_info)
        # bubblewrap's own process can be looked at from inside: it knows nothing of the teacher's.
        popen = _popen([*command, *inner], bubblewrap.ENVIRONMENT, (filter_fd, write_info))
    except BaseException:
        os.close(read_info)
        raise
    finally:
        os.close(filter_fd)
        os.close(write_info)
    return Sandboxed(popen, _first_process(read_info, popen))


def _popen(
    command: list[str], environment: dict[str, str], pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        cwd="/",
        env=environment,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def _first_process(read_info: int, popen: subprocess.Popen[bytes]) -> int:
    """The first process inside, from what bubblewrap writes before it starts anything."""
    told, deadline = b"", time.monotonic() + START_SECONDS
    try:
        while not told.rstrip().endswith(b"}"):
            ready, _, _ = select.select([read_info], [], [], max(0, deadline - time.monotonic()))
            part = os.read(read_info, 4096) if ready else b""
            if not part:
                raise ValueError
            told += part
        info: dict[str, Any] = json.loads(told)
        return os.pidfd_open(int(info["child-pid"]))
    except (ValueError, KeyError, ProcessLookupError):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        _, said = popen.communicate()
        raise NoSandboxError(
            f"bubblewrap did not start: {said.decode(errors='replace').strip()[-300:]}"
        ) from None
    finally:
        os.close(read_info)


def choose(kind: str) -> str:
    """Return the kind that was asked for, if it works here. ``"auto"`` is bubblewrap.

    Raises:
        NoSandboxError: If it does not work. The message says what to do.
    """
    wanted = "bubblewrap" if kind == "auto" else kind
    try:
        trial = start(wanted, ["-c", "import siamese_lib, numpy, IPython"], Limits())
        try:
            _, said = trial.popen.communicate(timeout=120)
        finally:
            trial.end()
        if trial.popen.returncode == 0:
            return wanted
        why = said.decode(errors="replace").strip()[-300:]
    except (OSError, subprocess.TimeoutExpired, ImportError, NoSandboxError) as error:
        why = str(error)
    raise NoSandboxError(
        f"the sandbox {wanted} does not work here ({why}). On Debian and Ubuntu: apt-get install "
        "bubblewrap libseccomp2. With Podman or Docker: SANDBOX=container. Nothing weaker is "
        "chosen silently: SANDBOX=none runs submissions as yourself, with your files and network"
    )
