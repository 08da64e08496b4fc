"""What a submission can read, reach, use up and leave behind (attacks S1 to S16)."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from boundary import QUICK

from grading.conversation import Conversation
from grading.sandbox import KINDS, NoSandboxError, bubblewrap, choose, start

ROOT = Path(__file__).resolve().parents[2]
CALL = "import ctypes\nC = ctypes.CDLL(None, use_errno=True)\n"


# What can be read.


def test_the_teachers_environment_is_in_no_process(inside, monkeypatch):  # S1
    monkeypatch.setenv("TEACHERS_TOKEN", "abracadabra")
    source = (
        "import os, glob\n"
        "def report():\n"
        "    text = str(dict(os.environ))\n"
        "    for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
        "        text += open(path, errors='replace').read()\n"
        "    return text"
    )
    found = inside(source)
    assert "abracadabra" not in found and "TOKEN" not in found and "HOME=/tmp" in found


def test_of_the_system_only_libraries_are_there(inside):  # S16
    source = (
        "import os\n"
        "def report():\n"
        "    top, usr, dev = (sorted(os.listdir(p)) for p in ('/', '/usr', '/dev'))\n"
        "    places = '/bin/sh /usr/bin /etc/passwd /run /sys /home /var'.split()\n"
        "    return [top, usr, dev, [p for p in places if os.path.exists(p)]]"
    )
    top, usr, dev, found = inside(source)
    assert found == [] and "bin" not in usr and "tmp" in top
    assert set(dev) == {"null", "random", "urandom", "stdin", "stdout", "stderr", "fd", "shm"}


def test_keys_of_the_teacher_cannot_be_read(inside):  # S10
    source = CALL + (
        "import platform\n"
        "def report():\n"
        "    add_key, keyctl = (248, 250) if platform.machine() == 'x86_64' else (217, 219)\n"
        "    said = []\n"
        "    for call in ((keyctl, 0, -3, 0), (add_key, b'user', b'x', b'y', 1, -3)):\n"
        "        said += [C.syscall(*call), ctypes.get_errno()]\n"
        "    try: open('/proc/keys')\n"
        "    except PermissionError: said.append('closed')\n"
        "    return said"
    )
    assert inside(source) == [-1, 1, -1, 1, "closed"]  # 1: operation not permitted


def test_references_are_on_no_disk(inside):  # S9
    from grading.assignment import CLOSED

    source = (
        "import os\n"
        "def report():\n"
        "    found = []\n"
        "    for top, folders, files in os.walk('/course'):\n"
        "        for file in files:\n"
        "            if file.endswith('.py'):\n"
        "                text = open(os.path.join(top, file)).read()\n"
        "                found += [w for w in WORDS if w in text]\n"
        "    names = []\n"
        "    for top, folders, files in os.walk('/'):\n"
        "        if top.startswith(('/proc', '/course')): folders.clear()\n"
        "        if os.path.basename(top) in NAMES:\n"
        "            names += files\n"
        "    return [found, names]"
    )
    words = [
        "def contrastive_terms",
        "def fair_credit",
        "def wilson",
        "def hardest",
        "BEGINNINGS = {",
    ]
    words += ["class TripletMarginLoss", "class BatchHardMiner", "def paired_difference"]
    words += ["class OneShotRecognizer", "nearest_of_strangers"]
    closed = tuple(dict.fromkeys(module for modules in CLOSED.values() for module in modules))
    folders = ROOT / "siamese_lib", ROOT / "assignments" / "siamese_classroom"
    library = "".join(p.read_text("utf8") for f in folders for p in f.rglob("*.py"))
    assert all(word in library for word in words)  # they are somewhere, outside
    assert inside(f"WORDS = {words!r}\nNAMES = {bubblewrap.ANSWERS!r}\n{source}", closed) == [
        [],
        [],
    ]


@pytest.mark.parametrize("linked", [False, True])
def test_wherever_packages_are_bound_answers_are_covered(tmp_path, linked):
    """Behind a link, or installed for the Python below, two miners were there for all."""
    python = Path(sys.executable)
    if linked:
        (tmp_path / "venv").symlink_to(python.parents[1])
        python = tmp_path / "venv" / "bin" / python.name
    code = (
        "import os\n"
        "from grading.sandbox import bubblewrap\n"
        "covered = {str(path) for path in bubblewrap._answers()}\n"
        "seen = set()\n"
        "for top in bubblewrap.readable_paths():\n"
        "    for folder, inner, _ in os.walk(top):\n"
        "        inner[:] = [name for name in inner if folder.count('/') < 9]\n"
        "        if folder.endswith('-packages'):\n"
        "            seen |= {f'{folder}/{n}' for n in bubblewrap.ANSWERS if n in inner}\n"
        "            inner.clear()\n"
        "print(len(seen), *sorted(seen - covered))"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "assignments")))
    done = subprocess.run(
        [python, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    n_seen, *uncovered = done.stdout.split()
    assert int(n_seen) > 0 and uncovered == [], done.stderr


def test_packages_of_the_python_below_a_virtual_environment_are_covered(tmp_path, monkeypatch):
    places = ["base/lib/python3.11/site-packages", "usr/lib/python3/dist-packages"]
    for place in places:
        (tmp_path / place / "siamese_lib").mkdir(parents=True)
    bound = [tmp_path / "base" / "lib", tmp_path / "usr" / "lib" / "python3"]
    monkeypatch.setattr(bubblewrap, "readable_paths", lambda: bound)
    assert {*bubblewrap._answers()} == {tmp_path / place / "siamese_lib" for place in places}


# What can be reached.


def test_no_setting_of_the_kernel_can_be_written(inside):  # S3
    source = (
        "import os\n"
        "def report():\n"
        "    return [os.path.join(top, f) for top, _, files in os.walk('/proc/sys') for f in files"
        " if os.access(os.path.join(top, f), os.W_OK)]"
    )
    assert inside(source) == []


def test_what_root_grades_does_not_run_as_root(inside):  # S3
    uid_map, status = inside(
        "def report(): return [open('/proc/self/uid_map').read().split(),"
        " [line for line in open('/proc/self/status') if line.startswith('CapEff')]]"
    )
    assert uid_map[0] != "0" and status == ["CapEff:\t0000000000000000\n"]
    if bubblewrap.is_root():
        source = "import time\ntime.sleep(60)"
        running = start("bubblewrap", ["-c", source], QUICK)
        try:
            time.sleep(1)
            below = psutil.Process(running.popen.pid).children(recursive=True)
            assert {one.uids().real for one in below if "python" in one.name()} == {65500}
        finally:
            running.end()


REFUSED = {
    "new user namespaces": "C.unshare(0x10000000)",
    "ptrace": "C.ptrace(16, 1, 0, 0)",
    "memory without a file": "C.memfd_create(b'x', 0)",
    "shared memory of System V": "C.shmget(0, 1 << 20, 0o1600)",
    "mounting": "C.mount(b'none', b'/tmp', b'tmpfs', 0, 0)",
    "sockets of the host machine": "C.socket(40, 1, 0)",
    "sockets of the kernel": "C.socket(16, 3, 0)",
    "sockets within": "C.socketpair(1, 1, 0, (ctypes.c_int * 2)())",
    "requests of the kernel's own": "C.syscall(206 if __import__('platform').machine() == 'x86_64' "
    "else 0, 1000, ctypes.byref(ctypes.c_ulong(0)))",
    "watching files": "C.inotify_init()",
    "watching descriptors": "C.epoll_create1(0)",
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_system_calls_that_lead_out_are_refused(call, inside):  # S4, S8, S16
    source = f"{CALL}def report():\n    result = {call}\n    return [result, ctypes.get_errno()]"
    assert inside(source) == [-1, 1]


def test_a_socket_in_a_folder_outside_is_not_there(inside, tmp_path):  # S13
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        source = (
            "import socket\n"
            "def report():\n"
            f"    try: socket.socket(socket.AF_UNIX).connect({path!r})\n"
            "    except OSError as error: return type(error).__name__"
        )
        assert inside(source) in ("FileNotFoundError", "PermissionError")


# What is left behind.


def processes_with(marker):
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if marker in " ".join(one.cmdline()):
                found.append(one)
    return found


def test_the_first_process_cannot_be_changed(inside):  # S4
    """Its owner may write its memory, without ptrace: it could be told to outlive the grader."""
    source = (
        "import glob, os\n"
        "def report():\n"
        "    found = os.listdir('/proc/1') + glob.glob('/proc/[0-9]*/task/1')\n"
        "    try: open('/proc/1/mem', 'r+b'); found.append('mem')\n"
        "    except OSError: pass\n"
        "    return found"
    )
    assert inside(source) == []


def test_no_process_outlives_the_run_whatever_it_does(kind, monkeypatch):  # S4
    """As if the first process inside had been told to outlive bubblewrap (PR_SET_PDEATHSIG)."""
    command = bubblewrap.command

    def immortal(*arguments):
        return [part for part in command(*arguments) if part != "--die-with-parent"]

    monkeypatch.setattr(bubblewrap, "command", immortal)
    marker = f"left-behind-{os.getpid()}"
    source = (
        "import os, sys, subprocess\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', {marker!r}],"
        " start_new_session=True)\n"
        "def report(): return 1"
    )
    with Conversation(kind, QUICK) as talk:
        assert talk.run(source) is None
        assert len(processes_with(marker)) == 1
    deadline = time.monotonic() + 10
    while processes_with(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = processes_with(marker)
    for one in left:
        one.kill()
    assert left == []


def test_a_killed_grader_takes_its_sandboxes_along(kind):
    marker = f"orphan-{os.getpid()}"
    code = (
        "import sys, time\n"
        "from grading.sandbox import Limits, start\n"
        "code = 'import time; print(1, flush=True); time.sleep(300)'\n"
        f"s = start('bubblewrap', ['-c', code, {marker!r}], Limits())\n"
        "s.popen.stdout.readline(); print('up', flush=True); time.sleep(300)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT / "assignments", stdout=subprocess.PIPE
    ) as grader:
        assert grader.stdout.readline() == b"up\n"
        assert processes_with(marker)
        os.kill(grader.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes_with(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_with(marker) == []


# What is chosen.


def test_nothing_weaker_is_chosen_silently(monkeypatch):  # S13
    assert set(KINDS) == {"bubblewrap", "container", "none"}
    monkeypatch.setitem(bubblewrap.ENVIRONMENT, "PATH", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoSandboxError, match="SANDBOX=container"):
        choose("auto")


@pytest.mark.skipif(not bubblewrap.is_root(), reason="only root is refused")
def test_root_runs_nothing_unprotected():  # S3
    with pytest.raises(NoSandboxError, match="as root"):
        choose("none")
