"""What a submission can use up, and what comes back from it (attacks S7, S8, S16)."""

import contextlib
import errno
import platform
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from boundary import ANSWERS, LOSS, NAME, NO_LOSS, QUICK

from grading import marks
from grading.assignment import assignments
from grading.conversation import Conversation, Ended
from grading.sandbox import bubblewrap
from grading.sandbox.limits import MiB
from grading.submission import fill_in
from siamese_classroom.asking import WrongAnswer, draws
from siamese_classroom.compare import index_rows
from siamese_classroom.inside.plain import NotPlainError, from_json

ROOT = Path(__file__).resolve().parents[2]
CALL = "import ctypes\nC = ctypes.CDLL(None, use_errno=True)\n"


# What can be used up.


def test_memory_outside_of_processes_is_bounded(inside):  # S8
    source = (
        "import os, mmap\n"
        "def report():\n"
        "    n, block = 0, bytes(1 << 20)\n"
        "    for place in ('/', '/dev', '/dev/shm', '/tmp', '/course', '/proc', '/run'):\n"
        "        try:\n"
        "            for number in range(60):\n"
        "                with open(os.path.join(place, f'x{number}'), 'wb', 0) as file:\n"
        "                    for _ in range(50): n += file.write(block)\n"
        "        except OSError: pass\n"
        "    kept = []\n"
        "    try:\n"
        "        for _ in range(60):\n"
        "            fd = os.memfd_create('x'); kept.append(fd)\n"
        "            for _ in range(50): n += os.write(fd, block)\n"
        "    except OSError: pass\n"
        "    return n"
    )
    patient = QUICK._replace(probe_seconds=60)
    assert inside(source, limits=patient) <= QUICK.scratch_bytes + bubblewrap.SHARED_BYTES


def test_threads_of_all_processes_are_bounded(inside):
    source = (
        "import threading, time\n"
        "def report():\n"
        "    n = 0\n"
        "    try:\n"
        "        for n in range(1000): threading.Thread(target=time.sleep, args=(30,)).start()\n"
        "    except RuntimeError: pass\n"
        "    return n"
    )
    assert inside(source) < QUICK.n_threads


def test_memory_that_processes_share_is_counted(kind):
    """Without a cgroup, what a process has never touched is counted for nobody."""
    source = (
        "import os, mmap, time\n"
        "def report():\n"
        "    n = 0\n"
        "    for flags in (33, 34):  # anonymous, and shared or private\n"
        "        try:\n"
        "            while n < 3 << 30:\n"
        "                KEPT.append(mmap.mmap(-1, 1 << 26, flags=flags))\n"
        "                n += KEPT[-1].write(bytes(1 << 26))\n"
        "        except (OSError, MemoryError): pass\n"
        "    return n\nKEPT = []"
    )
    with Conversation(kind, QUICK) as talk:
        assert talk.run(source) is None
        with contextlib.suppress(Ended):
            assert talk.ask("report", "value", {"args": []}) <= QUICK.memory_bytes


def test_memory_is_counted_where_the_first_thread_has_ended(kind):
    """The leader of a group of threads ends alone: the others go on, and ps shows a zombie."""
    source = CALL + (
        "import os, platform, threading, time\n"
        "KEPT = []\n"
        "def fill():\n"
        "    time.sleep(0.5)\n"
        "    KEPT.append(b'x' * (180 << 20)); time.sleep(60)\n"
        "def report():\n"
        "    leave = 60 if platform.machine() == 'x86_64' else 93\n"
        "    for _ in range(8):\n"
        "        if os.fork() == 0:\n"
        "            threading.Thread(target=fill).start(); C.syscall(leave, 0)\n"
        "    time.sleep(60)"
    )
    limits = QUICK._replace(memory_bytes=1200 * MiB, probe_seconds=15)
    with Conversation(kind, limits) as talk:
        assert talk.run(source) is None
        with pytest.raises(Ended, match="more than 1200 MB"):
            talk.ask("report", "value", {"args": []})


# What comes back.


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
def test_what_comes_back_is_bounded_and_costs_its_own_points(body, graded):  # S7, S16
    scores, notes = graded({"contrastive-loss": LOSS + body})
    assert scores == NO_LOSS
    assert len(notes) < 4000 and notes.isprintable()


FORGED = {
    "a flood of replies": "while True: os.write(fd, b'{\"value\": 1}\\n')",
    "a line without end": "while True: os.write(fd, b'[' * 100_000)",
    "a nested bomb": "os.write(fd, b'[' * 1_000_000 + b']' * 1_000_000 + b'\\n')",
    "a reply that is no object": "os.write(fd, b'[1]\\n')",
    "an array with odd sides": (
        'os.write(fd, b\'{"value": {"array": "", "kind": "bool", "shape": [0, 1e999, -1]}}\\n\')'
    ),
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED)
def test_a_forged_channel_ends_the_process_and_fills_no_memory(body, kind):  # S7
    # It finds the channel of replies, as an attacker would, among its descriptors.
    source = (
        "import os, stat\n"
        "FDS = [f for f in map(int, os.listdir('/proc/self/fd')) if f > 2]\n"
        "FDS = [f for f in FDS if os.path.exists(f'/proc/self/fd/{f}')"
        " and stat.S_ISFIFO(os.fstat(f).st_mode)]\n"
        "def report():\n"
        "    for fd in FDS:\n"
        f"        try:\n            {body}\n"
        "        except OSError: pass"
    )
    before = psutil.Process().memory_info().rss
    with Conversation(kind, QUICK) as talk:
        talk.run(source)
        with contextlib.suppress(Ended, Exception):
            for _ in range(3):
                talk.ask("report", "value", {"args": []})
        after = psutil.Process().memory_info().rss
    assert after - before < 200 * MiB


HUGE = {
    "texts": "['a' * 200_000] + [''] * 4000",
    "values": "[[1] for _ in range(200_000)]",
}


@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
def test_a_small_reply_does_not_become_gigabytes(value, inside):
    with pytest.raises(WrongAnswer, match="more than"):
        inside(f"def report(): return {value}")


def test_the_time_of_all_is_not_counted_anew_for_each_process(monkeypatch):
    asked = []

    class Talk:
        def __init__(self, kind, limits, closed):
            asked.append(limits.total_seconds)

        def run(self, source):
            time.sleep(0.2)
            raise Ended("gone")

        def end(self, why):
            pass

    monkeypatch.setattr(marks, "Conversation", Talk)
    cells = [nbformat.v4.new_code_cell(str(n)) for n in range(3)]
    submission = marks._Submission(cells, assignments()[NAME], "bubblewrap")
    with pytest.raises(AttributeError):  # all cells are left out, and then nobody can be asked
        submission.ask("distance", "value", {})
    most = assignments()[NAME].limits.total_seconds
    assert len(asked) == 4 and asked[0] <= most and asked[3] < most - 0.5


def test_a_process_that_does_not_read_loses_its_time_and_not_ours(kind):  # S16
    stops = (
        "import os, signal, threading, time\n"
        "def later(): time.sleep(0.5); os.kill(os.getpid(), signal.SIGSTOP)\n"
        "threading.Thread(target=later).start()"
    )
    with Conversation(kind, QUICK) as talk:
        talk.run(stops)
        time.sleep(1)
        with pytest.raises(Ended, match="did not finish in 5 s"):
            talk.ask("later", "value", {"args": [np.zeros(1_000_000)]})


# From the third attack.

TRICKS = {
    "rows without end": ("return torch.empty(10**15, 0)", "such a shape"),
    "a million rows of nothing": ("return torch.empty(10**6, 2, 0)", "too many rows"),
}


@pytest.mark.parametrize(("body", "said"), TRICKS.values(), ids=TRICKS)
def test_an_array_without_numbers_has_few_rows(body, said, graded):
    """A loop over its rows never ended, in the grader and beyond every limit."""
    scores, text = graded({"contrastive-loss": LOSS + body})
    assert scores == NO_LOSS and said in text


def test_a_forged_array_without_numbers_has_few_rows():
    with pytest.raises(NotPlainError, match="too many rows"):
        from_json({"array": "", "kind": "float64", "shape": [10**6, 0]})


@pytest.mark.parametrize("shape", [[999_999_999] * 99_990 + [0], [10**4000, 0], [1] * 9, [-1, -1]])
def test_a_forged_shape_is_not_multiplied(shape):
    """The product of 100,000 large sides took half a minute, and other threads waited."""
    with pytest.raises(NotPlainError, match="such a shape"):
        from_json({"array": "", "kind": "float64", "shape": shape})


def test_a_table_of_many_rows_is_not_walked_through():
    with pytest.raises(ValueError, match="3 lists of indices"):
        index_rows(np.zeros((780_000, 1), dtype=np.uint8), 3)
    with pytest.raises(ValueError, match="3 lists of indices"):
        index_rows([1, 2, 3, 4], 3)
    rows = np.arange(12).reshape(4, 3)
    assert index_rows(rows.tolist(), 3) == index_rows(rows.T.tolist(), 3) == rows.tolist()
    assert index_rows(rows, 3) == index_rows(rows.T.copy(), 3) == rows.tolist()


def test_a_second_reply_to_a_question_ends_the_process(kind):
    """It made the next question wait for all its time."""
    twice = (
        "import json, sys\n"
        "real = json.dumps\n"
        "def dumps(value, *a, **k): return real(value, *a, **k) + '\\n' + real(value, *a, **k)\n"
        "def answer(): json.dumps = dumps"
    )
    with Conversation(kind, QUICK) as talk:
        talk.run(twice)
        with pytest.raises(Ended, match="into the channel"):
            for _ in range(3):
                talk.ask("answer", "value", {"args": []})


def test_an_answer_that_draws_returns_one_result_for_each_seed():
    with pytest.raises(WrongAnswer, match="3 draws were asked for"):
        draws(lambda probe, **given: [1] * 390_000, [], [1, 2, 3])


def test_files_take_memory_that_is_counted(kind):
    """Three million links in one question took 5 GB of the kernel's memory."""
    source = (
        "import os\n"
        "def report():\n"
        "    for number in range(10**7):\n"
        "        os.symlink('y', ('/tmp/', '/dev/shm/')[number % 2] + str(number))"
    )
    patient = QUICK._replace(probe_seconds=60)
    with Conversation(kind, patient) as talk:
        assert talk.run(source) is None
        with pytest.raises(Ended, match="more than 20,000 files"):
            talk.ask("report", "value", {"args": []})


def test_processor_time_of_children_that_nobody_waits_for_is_counted(kind):
    """With SIGCHLD ignored it was not, and a submission kept the other cores busy unseen."""
    source = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "def report():\n"
        "    while True:\n"
        "        if os.fork() == 0:\n"
        "            began = time.process_time()\n"
        "            while time.process_time() < began + 0.05: pass\n"
        "            os._exit(0)\n"
        "        os.wait()"
    )
    with Conversation(kind, QUICK._replace(probe_seconds=2)) as talk:
        assert talk.run(source) is None
        began = talk._watch.processor_seconds()
        with pytest.raises(Ended, match="did not finish in 2 s"):
            talk.ask("report", "value", {"args": []})
        assert began < 60


@pytest.mark.parametrize("command", [37, 38])
def test_locks_of_open_files_are_refused(command, inside):
    source = (
        "import fcntl, os, struct\n"
        "def report():\n"
        "    place = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)\n"
        f"    try: fcntl.fcntl(place, {command}, struct.pack('hhqqi4x', 1, 0, 0, 1, 0))\n"
        "    except OSError as error: return error.errno"
    )
    assert inside(source) == errno.EPERM


def test_a_sandbox_that_does_not_start_costs_nobody_points(solved, released, monkeypatch, kind):
    """It was a wrong answer, and stored."""

    started = []

    def fails(*arguments):
        started.append(arguments)
        raise OSError("no descriptors left")

    monkeypatch.setattr(marks, "SECONDS_BEFORE_ANOTHER_START", 0)
    monkeypatch.setattr(marks, "Conversation", fails)
    filled = fill_in(solved(NAME), released[NAME])
    with pytest.raises(marks.SandboxFailedError, match="run the command again"):
        marks.mark(filled, assignments()[NAME], kind, seed=5)
    assert len(started) == 2


CALL = "import ctypes, signal\nC = ctypes.CDLL(None, use_errno=True)\n"
RIGHTS = "b'\\2\\0\\0\\0' + b'\\1\\0\\6\\0\\377\\377\\377\\377'"
KERNEL_MEMORY = {
    "lists of rights": f"C.setxattr(b'/tmp', b'system.posix_acl_access', {RIGHTS}, 12, 0)",
    "lists of rights, the new way": "C.syscall(463, -100, b'/tmp', 0, b'system.x', 0, 0)",
    "rules of Landlock": "C.syscall(444, 0, 0, 1)",
    "filters": "C.syscall(317, 1, 0, 0)",
    "filters, the other way": "C.prctl(22, 2, 0, 0, 0)",
    "locks, with a number of 64 bits": "C.syscall(72, 1, 37 | 1 << 32, 0)",
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls")
@pytest.mark.parametrize("call", KERNEL_MEMORY.values(), ids=KERNEL_MEMORY)
def test_memory_of_the_kernel_that_nobody_counts_is_refused(call, inside):
    source = f"{CALL}def report(): return [{call}, ctypes.get_errno()]"
    result, error = inside(source)
    assert result == -1 and error in (errno.EPERM, errno.ENOSYS)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls")
def test_signals_cannot_be_ignored_by_a_number_of_64_bits(inside):
    """The kernel looks at 32 of them."""
    source = (
        f"{CALL}"
        "def report():\n"
        "    ignore = (ctypes.c_ulong * 4)(1, 0, 0, 0)\n"
        "    C.syscall(13, 17 | 1 << 32, ctypes.byref(ignore), 0, 8)\n"
        "    words = dict(line.split(':') for line in open('/proc/self/status') if ':' in line)\n"
        "    return int(words['SigIgn'], 16) >> 16 & 1"
    )
    assert inside(source) == 0


def test_locks_and_sessions_seem_to_work_and_take_nothing(inside):
    source = (
        "import fcntl, os\n"
        "def report():\n"
        "    file = open('/tmp/x', 'w')\n"
        "    fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "    if os.fork() == 0:\n"
        "        before = os.getsid(0)\n"
        "        os.setsid()\n"
        "        os._exit(os.getsid(0) != before)\n"
        "    return os.wait()[1]"
    )
    assert inside(source) == 0
