"""The strong sandbox: a container, whose engine limits memory and processes by cgroups."""

from __future__ import annotations

import shutil
from pathlib import Path

from grading.sandbox.bubblewrap import ENVIRONMENT, SHARED_BYTES
from grading.sandbox.library_view import INSIDE, PACKAGES
from grading.sandbox.limits import Limits

IMAGE = "siamese-assignments"


def engine() -> str:
    """Return the engine: podman, which needs no daemon that runs as root, before docker."""
    return shutil.which("podman") or shutil.which("docker") or "docker"


def command(view: Path, limits: Limits, id_file: Path) -> list[str]:
    """Return what to write in front of the command that runs inside.

    Args:
        view: The folder from ``library_view``.
        limits: Of memory, processes, files and time.
        id_file: The engine writes the container's id there; ``end_command`` needs it.
    """
    scratch = f"/tmp:rw,nosuid,nodev,size={limits.scratch_bytes},nr_inodes=20000"
    environment = [part for pair in ENVIRONMENT.items() for part in ("--env", "=".join(pair))]
    return [
        *(engine(), "run", "--rm", "--interactive", "--init", "--pull", "never"),
        *("--cidfile", str(id_file), "--network", "none", "--read-only", "--ipc", "private"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
        *("--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)),
        *("--pids-limit", str(limits.n_threads), "--cpus", "1", "--log-driver", "none"),
        *("--ulimit", "core=0", "--ulimit", f"fsize={limits.file_bytes}"),
        *("--ulimit", "nofile=256:256", "--shm-size", str(SHARED_BYTES), "--tmpfs", scratch),
        *(f"--volume={view / name}:{INSIDE}/{name}:ro" for name in PACKAGES),
        *("--workdir", "/tmp"),
        *environment,
        IMAGE,
    ]


def end_command(id_file: Path) -> list[str] | None:
    """Return the command that ends the container and all in it; None before it has an id."""
    try:
        name = id_file.read_text("utf8").strip()
    except OSError:
        return None
    return [engine(), "rm", "--force", name] if name else None
