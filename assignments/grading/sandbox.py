"""Where a submission runs: with no network, few files, and limits.

| kind | network | files | memory, processes, time, output |
| --- | --- | --- | --- |
| bubblewrap | none | its own empty folder, and Python read-only | limited |
| container | none | those of the image, read-only | limited, by the engine too |
| unshare | none | all that the grader may read | limited |
| none | open | all that the grader may read and write | limited |
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import siamese_lib

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(siamese_lib.__file__).resolve().parent
KINDS = ("bubblewrap", "container", "unshare", "none")
IMAGE = "siamese-assignments"
MiB = 1 << 20


class Limits(NamedTuple):
    """What one submission may use.

    Attributes:
        cell_seconds: for a cell of the notebook.
        probe_seconds: for one question to it.
        total_seconds: for all of it.
        memory_bytes: for all its processes together.
        n_processes: processes and threads that it may start as processes of their own.
        output_bytes: of what it prints.
        file_bytes: of files that it writes.
    """

    cell_seconds: float = 120
    probe_seconds: float = 30
    total_seconds: float = 900
    memory_bytes: int = 4096 * MiB
    n_processes: int = 32
    output_bytes: int = 5 * MiB
    file_bytes: int = 64 * MiB


class NoSandboxError(RuntimeError):
    """The sandbox that was asked for does not work on this machine."""


def command(kind: str, limits: Limits, closed: tuple[str, ...]) -> list[str]:
    """The command that starts the answering process.

    Args:
        kind: one of ``KINDS``.
        limits: memory and file size are set inside the process as well.
        closed: modules that the submission cannot import.
    """
    answering = [
        *("-m", "siamese_lib.classroom.answering"),
        *("--data-bytes", str(limits.memory_bytes), "--file-bytes", str(limits.file_bytes)),
        *("--close", *closed),
    ]
    if kind == "container":
        return [*_container(limits), "python", *answering]
    here = [sys.executable, *answering]
    if kind == "bubblewrap":
        return [*_bubblewrap(limits), *here]
    if kind == "unshare":
        return [*UNSHARE, *here]
    return here


UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"]


def _bubblewrap(limits: Limits) -> list[str]:
    readable = [Path(path) for path in ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")]
    readable += [Path("/etc/fonts"), LIBRARY, *_python_folders()]
    bound = [
        part
        for path in dict.fromkeys(readable)
        if path.exists()
        for part in ("--ro-bind", str(path), str(path))
    ]
    environment = [
        part for name, value in ENVIRONMENT.items() for part in ("--setenv", name, value)
    ]
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        # First the empty folder, then what is bound: the course itself may stand below /tmp.
        *("--size", str(4 * limits.file_bytes), "--tmpfs", "/tmp", "--chdir", "/tmp"),
        *bound,
        *("--proc", "/proc", "--dev", "/dev"),
        "--clearenv",
        *environment,
        *("--setenv", "PYTHONPATH", str(LIBRARY.parent)),
    ]


# What the process sees of the environment; everything else stays outside.
ENVIRONMENT = {
    "HOME": "/tmp",
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "IPYTHONDIR": "/tmp/ipython",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SIAMESE_SOURCE": "glyphs",
    "SIAMESE_CACHE": "/tmp/cache",
}


def environment(kind: str) -> dict[str, str]:
    """The environment of the command; bubblewrap and the container set their own."""
    if kind in ("bubblewrap", "container"):
        return dict(os.environ)
    return {**ENVIRONMENT, "PYTHONPATH": str(LIBRARY.parent), "PATH": os.environ["PATH"]}


def _python_folders() -> list[Path]:
    """Where this Python and its packages are, links followed as well."""
    paths = [sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])]
    paths += [path for path in sys.path if path.endswith("site-packages")]
    folders = [Path(path) for path in paths] + [Path(path).resolve() for path in paths]
    # Never a folder that holds the course itself: the graders' own code is in there.
    return [folder for folder in folders if folder not in (ROOT, *ROOT.parents)]


def _container(limits: Limits) -> list[str]:
    engine = shutil.which("docker") or shutil.which("podman") or "docker"
    return [
        *(engine, "run", "--rm", "-i", "--network", "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
        *("--memory", str(limits.memory_bytes), "--pids-limit", str(4 * limits.n_processes)),
        *("--tmpfs", f"/tmp:size={4 * limits.file_bytes}"),
        IMAGE,
    ]


def choose(kind: str) -> str:
    """The kind that was asked for if it works here; for ``"auto"`` the safest light one.

    Raises:
        NoSandboxError: it does not work; the message says what to do.
    """
    if kind == "none":
        return kind
    wanted = ("bubblewrap", "unshare") if kind == "auto" else (kind,)
    for one in wanted:
        if one in KINDS and _works(one):
            return one
    raise NoSandboxError(
        f"no sandbox works here (tried {', '.join(wanted)}). On Debian and Ubuntu: apt-get install "
        "bubblewrap. With Docker or Podman: SANDBOX=container. Without any: SANDBOX=none runs "
        "submissions as yourself, with your files and your network"
    )


def _works(kind: str) -> bool:
    trial = {
        "bubblewrap": [*_bubblewrap(Limits()), sys.executable, "-c", "pass"],
        "unshare": [*UNSHARE, sys.executable, "-c", "pass"],
        "container": [*_container(Limits()), "python", "-c", "import siamese_lib"],
    }[kind]
    try:
        return subprocess.run(trial, capture_output=True, timeout=120).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
