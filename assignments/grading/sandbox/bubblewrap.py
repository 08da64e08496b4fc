"""The light sandbox: bubblewrap, with limits that the processes carry themselves.

Inside there is no network, no other user, no new namespace, no capability, and of the file system
only Python, its packages and the open part of siamese_lib. All of it is read-only but for two small
folders in memory. If systemd runs, the memory of all processes together has a hard limit as well.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from grading.sandbox.library_view import INSIDE, PACKAGES
from grading.sandbox.limits import Limits, MiB

# Whom a grader who is root becomes. Nobody's number, in the range that systemd gives to services
# for as long as they run.
NOBODY = 65500
# Packages that hold what the assignments ask for, wherever they are installed.
ANSWERS = (*PACKAGES, "pytorch_metric_learning", "oml", "easyfsl", "sentence_transformers")
ENVIRONMENT = {
    "HOME": "/tmp",
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "IPYTHONDIR": "/tmp/ipython",
    "PYTHONPATH": INSIDE,
    "PYTHONDONTWRITEBYTECODE": "1",
    "SIAMESE_SOURCE": "glyphs",
    "SIAMESE_CACHE": "/tmp/cache",
}


SHARED_BYTES = 64 * MiB  # of /dev/shm, in which PyTorch passes tensors between processes


def command(view: Path, limits: Limits, filter_fd: int, info_fd: int) -> list[str]:
    """Return what to write in front of the command that runs inside.

    Args:
        view: The folder from ``library_view``.
        limits: Sizes of the file systems, and of memory where systemd limits it.
        filter_fd: File descriptor of the filter of system calls.
        info_fd: File descriptor to which bubblewrap writes the number of its first process.
    """
    readable = {path: path for path in readable_paths()}
    if is_root():
        readable = _within_reach(list(readable), view / "within-reach")
    binds = [part for to, at in readable.items() for part in ("--ro-bind", str(at), str(to))]
    for path in _answers():
        binds += ["--ro-bind", str(view / "empty"), str(path)]
    return [
        *_scope(limits),
        *(_as_nobody(readable) if is_root() else []),
        *("bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--seccomp", str(filter_fd), "--info-fd", str(info_fd)),
        # First the empty folder, then what is bound: the course itself may stand below /tmp.
        *("--size", str(limits.scratch_bytes), "--tmpfs", "/tmp", "--chdir", "/tmp"),
        *binds,
        *_links(),
        *(part for name in PACKAGES for part in _read_only(view, name)),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *("--ro-bind", "/dev/null", "/proc/keys", "--ro-bind", "/dev/null", "/proc/key-users"),
        # bubblewrap's own process, whose memory its owner may write: it could be told to stay.
        *("--size", "4096", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1"),
        *_devices(),
        *("--remount-ro", "/"),
    ]


def _read_only(view: Path, package: str) -> tuple[str, str, str]:
    return "--ro-bind", str(view / package), f"{INSIDE}/{package}"


def is_root() -> bool:
    """Whether the grader runs as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_hard_memory_limit() -> bool:
    """Whether systemd limits the memory of a whole submission here."""
    return bool(_scope(Limits()))


def readable_paths() -> list[Path]:
    """Return what a submission can read besides siamese_lib: Python, its packages, C libraries."""
    shared = sysconfig.get_config_var("MULTIARCH") or ""
    libraries = ["/usr/lib64", "/lib64"]
    if shared and Path("/usr/lib", shared).is_dir():
        libraries += [f"/usr/lib/{shared}", f"/lib/{shared}"]
    else:
        libraries += ["/usr/lib", "/lib"]
    paths = [Path(path) for path in libraries if not _through_a_link(Path(path))]
    paths += [Path("/etc/ld.so.cache"), Path("/etc/fonts"), Path("/usr/share/fonts")]
    paths += [*_python(Path(sys.prefix)), *_python(Path(sys.base_prefix))]
    paths += [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    paths += [path.resolve() for path in paths]
    return [path for path in dict.fromkeys(paths) if path.exists()]


def _through_a_link(path: Path) -> bool:
    """Whether the first folder of a path is a link, as /lib is on most systems today."""
    return Path("/", path.parts[1]).is_symlink()


def _links() -> list[str]:
    found = [path for path in (Path("/lib"), Path("/lib64")) if path.is_symlink()]
    return [part for path in found for part in ("--symlink", os.readlink(path), str(path))]


def _python(prefix: Path) -> list[Path]:
    """The interpreter and the packages below a prefix."""
    if prefix in (Path("/usr"), Path("/usr/local")):  # shared with all other programs
        paths = [Path(sysconfig.get_paths()["stdlib"]), Path("/usr/lib/python3")]
        folders = {sysconfig.get_config_var("LIBDIR"), str(prefix / "lib")} - {None}
        paths += [path for folder in folders for path in Path(folder).glob("libpython3*.so*")]
        return [*paths, *(prefix / "bin").glob("python3*")]
    return [prefix / "bin", prefix / "lib", prefix / "pyvenv.cfg"]


def _answers() -> list[Path]:
    """Packages that would answer the questions, wherever a submission could read them."""
    folders = {
        folder
        for path in readable_paths()
        for pattern in ("", "*-packages", "python3*/*-packages", "lib/python3*/*-packages")
        for folder in (path.glob(pattern) if pattern else [path])
    }
    return [
        folder / name for folder in sorted(folders) for name in ANSWERS if (folder / name).is_dir()
    ]


def _devices() -> list[str]:
    """Only what Python asks for. /dev/zero is left out: its memory can be shared uncounted."""
    parts = ["--perms", "0755", "--size", "65536", "--tmpfs", "/dev"]
    for name in ("null", "random", "urandom"):
        parts += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        parts += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    parts += ["--symlink", "/proc/self/fd", "/dev/fd"]
    parts += ["--perms", "0777", "--size", str(SHARED_BYTES), "--tmpfs", "/dev/shm"]
    return [*parts, "--remount-ro", "/dev"]


# In a mount namespace of its own: show each closed path at an open place, then go on.
SHOW = """
while [ "$1" != "--" ]; do mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""


def _as_nobody(shown: dict[Path, Path]) -> list[str]:
    """In front of bubblewrap: give up being root, with what must be read within reach.

    Every command here becomes the next one, so that bubblewrap is a child of the grader and ends
    with it.
    """
    moved = [str(one) for path, place in shown.items() if path != place for one in (path, place)]
    return [
        *("unshare", "--mount", "--propagation", "private", "sh", "-ec", SHOW, "sh", *moved, "--"),
        *("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"),
        *("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs"),
    ]


def _within_reach(paths: list[Path], folder: Path) -> dict[Path, Path]:
    """For each path a place that every user can reach: itself, or a mount point in ``folder``."""
    places = {}
    for number, path in enumerate(paths):
        if all(_is_open(parent) for parent in path.parents):
            places[path] = path
            continue
        places[path] = place = folder / str(number)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(exist_ok=True)
            place.touch()
    return places


def _is_open(folder: Path) -> bool:
    """Whether every user may pass through a folder."""
    return bool(folder.stat().st_mode & 0o001)


@functools.cache
def _systemd_run() -> tuple[str, ...]:
    """How to ask systemd for a scope here; empty if it cannot be asked."""
    if shutil.which("systemd-run") is None:
        return ()
    ask = ("systemd-run", *(() if is_root() else ("--user",)), "--scope", "--quiet", "--collect")
    try:
        done = subprocess.run(
            [*ask, "-p", "MemoryMax=64M", "--", "true"], capture_output=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return ask if done.returncode == 0 else ()


def _scope(limits: Limits) -> list[str]:
    """A scope of systemd whose cgroup bounds all processes together, where there is one."""
    ask = _systemd_run()
    return scope_command(ask, limits) if ask else []


def scope_command(ask: tuple[str, ...], limits: Limits) -> list[str]:
    """Return ``ask`` with the limits of a cgroup."""
    return [
        *ask,
        *("-p", f"MemoryMax={limits.memory_bytes}", "-p", "MemorySwapMax=0"),
        *("-p", f"TasksMax={limits.n_threads}", "--"),
    ]
