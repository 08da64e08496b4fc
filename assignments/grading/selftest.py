"""Try what a submission can read, reach, use up and leave behind in a sandbox on this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from grading.conversation import Conversation, Ended
from grading.sandbox import Limits
from grading.sandbox.library_view import CLASSROOM, LIBRARY
from grading.sandbox.limits import MiB
from siamese_classroom.asking import WrongAnswer

LIMITS = Limits(
    cell_seconds=10, probe_seconds=10, total_seconds=120, memory_bytes=1024 * MiB, n_processes=12
)
CLOSED = ("siamese_lib.losses",)
TOKEN = "siamese-selftest"


class Trial(NamedTuple):
    """One thing that a submission tries.

    Attributes:
        group: What it is about: reading, reaching, using up, leaving behind.
        says: What is tried, in a few words.
        source: Code of a function ``report``.
        judge: From what ``report`` returned (or the reason why it was ended, as text): what to
            write into the table, and whether that is as promised.
    """

    group: str
    says: str
    source: str
    judge: Callable[[Any], tuple[str, bool]]


class Outcome(NamedTuple):
    """What came of a trial: the line of the table, and whether it is as promised."""

    group: str
    says: str
    found: str
    is_good: bool


def _files_with_answers() -> set[str]:
    """Folder and name of each file that holds hidden checks, references or closed code."""
    files = {*Path(__file__).parent.glob("hidden*.py"), *(LIBRARY / "losses").glob("*.py")}
    files |= {file for file in CLASSROOM.rglob("*.py") if "inside" not in file.parts}
    return {f"{file.parent.name}/{file.name}" for file in files if file.name != "__init__.py"}


def nothing(got: Any) -> tuple[str, bool]:
    """Judge a list of what was found: it should be empty."""
    if got == []:
        return "nothing", True
    return (f"**{len(got)} things**" if isinstance(got, list) else str(got)[:80]), False


def refused(got: Any) -> tuple[str, bool]:
    """Judge what was tried, error by error: each should be refused."""
    if isinstance(got, list) and all(isinstance(one, str) for one in got):
        return ", ".join(sorted(set(got))), True
    return f"**{got}**"[:80], False


LIMIT_SAID = ("did not finish", "more than", "MemoryError")


def ended(got: Any) -> tuple[str, bool]:
    """Judge a trial that should have been ended by a limit."""
    if isinstance(got, str):
        return got, any(words in got for words in LIMIT_SAID)
    return "**it came to its end**", False


def at_most(limit: float, unit: str) -> Callable[[Any], tuple[str, bool]]:
    """Judge a number, or that the process was ended."""

    def judge(got: Any) -> tuple[str, bool]:
        return ended(got) if isinstance(got, str) else (f"{got:,.0f} {unit}", got <= limit)

    return judge


def _read(home: str, secret: str) -> list[Trial]:
    places = [home, secret, "/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/run", "/sys"]
    places += [str(Path(__file__).resolve())]
    environ = (
        "import glob\n"
        "def report():\n"
        "    paths = glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline')\n"
        f"    return [p for p in paths if {TOKEN!r} in open(p, errors='replace').read()]"
    )
    files = (
        "import os\n"
        "def report():\n"
        "    found = []\n"
        f"    for place in {places!r}:\n"
        "        try: found += [place] if os.path.isfile(place) else os.listdir(place)\n"
        "        except OSError: pass\n"
        # Python itself may be installed in somebody's home: its packages are there to be read.
        "    return [f for f in found if not f.startswith('.pyenv')]"
    )
    answers = (
        f"WANTED = {_files_with_answers()!r}\n"
        "import os\n"
        "def report():\n"
        "    found = []\n"
        "    for top, _, names in os.walk('/'):\n"
        "        if not top.startswith(('/proc', '/sys')):\n"
        "            folder = os.path.basename(top)\n"
        "            found += [n for n in names if folder + '/' + n in WANTED]\n"
        "    return found"
    )
    keys = (
        "import ctypes, platform\n"
        "C = ctypes.CDLL(None, use_errno=True)\n"
        "def report():\n"
        "    keyctl = 250 if platform.machine() == 'x86_64' else 219\n"
        "    return [] if C.syscall(keyctl, 0, -3, 0) == -1 else ['session keyring']"
    )
    return [
        Trial("read", "your environment", environ, nothing),
        Trial("read", "your files, `/etc`, `/run`, `/sys`", files, nothing),
        Trial("read", "right answers and hidden checks", answers, nothing),
        Trial("read", "keys that the kernel keeps for you", keys, nothing),
    ]


def _reach(port: int, unix: str) -> list[Trial]:
    network = (
        "import socket\n"
        "def report():\n"
        "    said = []\n"
        f"    for where in (('127.0.0.1', {port}), ('192.0.2.1', 80)):\n"
        "        try: socket.create_connection(where, timeout=3); said.append(1)\n"
        "        except OSError as error: said.append(type(error).__name__)\n"
        "    try:\n"
        f"        socket.socket(socket.AF_UNIX).connect({unix!r}); said.append(1)\n"
        "    except OSError as error: said.append(type(error).__name__)\n"
        "    return said"
    )
    processes = (
        "import os\ndef report(): return len([n for n in os.listdir('/proc') if n.isdigit()])"
    )
    kernel = (
        "import os\n"
        "def report():\n"
        "    return [f for top, _, names in os.walk('/proc/sys') for f in names"
        " if os.access(os.path.join(top, f), os.W_OK)]"
    )
    calls = (
        "import ctypes\n"
        "C = ctypes.CDLL(None, use_errno=True)\n"
        "def report():\n"
        "    tried = {'unshare': (0x10000000,), 'ptrace': (16, 1, 0, 0), 'chroot': (b'/tmp',),\n"
        "             'mount': (b'none', b'/tmp', b'tmpfs', 0, 0), 'memfd_create': (b'x', 0)}\n"
        "    return [name for name, args in tried.items() if getattr(C, name)(*args) != -1]"
    )
    return [
        Trial("reach", "the network, a server and a socket outside", network, refused),
        Trial("reach", "processes that are not its own", processes, at_most(3, "are all it sees")),
        Trial("reach", "settings of the kernel, to write", kernel, nothing),
        Trial("reach", "namespaces, mounts, other processes, uncounted memory", calls, nothing),
    ]


def _use_up(limits: Limits) -> list[Trial]:
    fill = "b'x' * (1 << 26)"
    one = (
        "KEPT = []\n"
        "def report():\n"
        "    try:\n"
        f"        while len(KEPT) < 200: KEPT.append({fill})\n"
        "    except MemoryError: pass\n"
        "    return 64 * len(KEPT)"
    )
    many = (
        "import os, time\n"
        "def report():\n"
        "    for _ in range(8):\n"
        "        if os.fork() == 0:\n"
        "            kept = []\n"
        f"            for _ in range(10): kept.append({fill}); time.sleep(0.1)\n"
        "            time.sleep(20); os._exit(0)\n"
        "    time.sleep(20)"
    )
    disk = (
        "import os\n"
        "def report():\n"
        "    n, block = 0, bytes(1 << 20)\n"
        "    for place in ('/', '/dev', '/dev/shm', '/tmp', '/var/tmp'):\n"
        "        try:\n"
        "            for number in range(20):\n"
        "                with open(f'{place}/x{number}', 'wb', 0) as file:\n"
        "                    for _ in range(50): n += file.write(block)\n"
        "        except OSError: pass\n"
        "    return n / (1 << 20)"
    )
    forks = "import os\ndef report():\n    while True: os.fork()"
    threads = (
        "import threading, time\n"
        "def report():\n"
        "    n = 0\n"
        "    try:\n"
        "        for n in range(2000): threading.Thread(target=time.sleep, args=(9,)).start()\n"
        "    except RuntimeError: pass\n"
        "    return n"
    )
    links = (
        "import os\n"
        "def report():\n"
        "    for number in range(10**7): os.symlink('x', f'/tmp/{number}')"
    )
    memory = limits.memory_bytes / MiB
    files = (limits.scratch_bytes + 64 * MiB) / MiB
    return [
        Trial("use up", "memory, one process", one, at_most(memory, "MB")),
        Trial("use up", "memory, eight processes together", many, ended),
        Trial("use up", "files", disk, at_most(files, "MB, in memory")),
        Trial("use up", "links, each a kilobyte of the kernel's memory", links, ended),
        Trial("use up", "processes", forks, ended),
        Trial("use up", "threads", threads, at_most(limits.n_threads, "at a time")),
        Trial("use up", "time", "def report():\n    while True: pass", ended),
        Trial("use up", "output", "def report():\n    while True: print('x' * 99999)", ended),
    ]


def _leave(marker: str) -> list[Trial]:
    source = (
        "import os, subprocess, sys\n"
        "def report():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', "
        f"{marker!r}], start_new_session=True)\n"
        "    open('/tmp/left', 'w').write('x')"
    )

    def judge(got: Any) -> tuple[str, bool]:
        time.sleep(1)
        left = [one for one in psutil.process_iter() if marker in _command(one)]
        for one in left:
            one.kill()
        files = Path("/tmp/left").exists()
        return nothing([*left, *(["/tmp/left"] if files else [])])

    return [Trial("leave behind", "a process, a file", source, judge)]


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def run_trials(kind: str, limits: Limits = LIMITS) -> Iterator[Outcome]:
    """Yield what came of each trial in a sandbox of this kind."""
    os.environ["SIAMESE_SELFTEST"] = TOKEN
    with tempfile.TemporaryDirectory() as folder, socket.socket() as tcp:
        secret = Path(folder, "other_submission.ipynb")
        secret.write_text("{}", encoding="utf8")
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(f"{folder}/socket")
            unix.listen()
            trials = [
                *_read(str(Path.home()), str(secret)),
                *_reach(tcp.getsockname()[1], f"{folder}/socket"),
                *_use_up(limits),
                *_leave(f"{TOKEN}-{os.getpid()}"),
            ]
            for trial in trials:
                found, is_good = trial.judge(_tried(trial, kind, limits))
                yield Outcome(trial.group, trial.says, found, is_good)


def _tried(trial: Trial, kind: str, limits: Limits) -> Any:
    """What ``report`` returned, or why it was ended."""
    try:
        with Conversation(kind, limits, CLOSED) as talk:
            talk.run(trial.source)
            return talk.ask("report", "value", {"args": []})
    except (Ended, WrongAnswer) as error:
        return str(error)


def table(kind: str, outcomes: list[Outcome]) -> str:
    """Return the outcomes as a Markdown table."""
    lines = [f"| A submission tries to | | in `{kind}` it gets |", "| --- | --- | --- |"]
    lines += [f"| {one.group} | {one.says} | {one.found} |" for one in outcomes]
    return "\n".join(lines)
