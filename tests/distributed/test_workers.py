"""Starting processes, sharing batches, and what is said when one of them fails."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from on_ranks import odds_and_ends

from siamese_lib.distributed import (
    RankSampler,
    WorkerError,
    any_rank,
    die,
    from_first_rank,
    n_ranks,
    own_part,
    process_group,
    run_workers,
    this_rank,
    workers,
)
from siamese_lib.sampling import MPerClassSampler

LABELS = torch.arange(30).repeat_interleave(6)


def fails(how):
    """For the ranks: the second one fails while the first one waits for it."""
    if this_rank() == 1 and how == "killed":
        die()
    if this_rank() == 1:
        raise ValueError("no picture of class 7")
    torch.distributed.barrier()


def threads():
    return torch.get_num_threads()


def test_the_ranks_share_the_threads_of_this_process(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    assert run_workers(threads, ranks=2) == [2, 2]


def waits(folder=None):
    if folder:
        Path(folder, str(os.getpid())).touch()
    time.sleep(60)


def alive(folder):
    """The processes that have left a file with their number and are still there."""
    return [path.name for path in Path(folder).iterdir() if Path("/proc", path.name).exists()]


# In place of the clock: the time is over when both are there, however long they take to start.
OVER_WHEN_BOTH_ARE_THERE = """
import subprocess, time
from pathlib import Path
whole = subprocess.Popen.communicate
def communicate(self, input=None, timeout=None):
    if timeout != 20:
        return whole(self, input, timeout)
    while len(list(Path({folder!r}).iterdir())) < 2:
        time.sleep(0.1)
    raise subprocess.TimeoutExpired(self.args, timeout)
subprocess.Popen.communicate = communicate
"""


def soon(what, seconds=250):
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.1)
    return what()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("error", "rank 1 raised ValueError: no picture of class 7; torchrun has ended the"),
        ("killed", "rank 1 was killed by signal 9; torchrun has ended the others"),
    ],
)
def test_the_rank_that_failed_first_is_named(how, message):
    with pytest.raises(WorkerError, match=message):
        run_workers(fails, ranks=2, how=how)


def test_workers_that_take_too_long_are_ended():
    with pytest.raises(WorkerError, match="were not done after 5 s"):
        run_workers(waits, ranks=1, timeout=5)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("interrupted", [False, True])
def test_nobody_is_left_behind(tmp_path, interrupted):
    """After a timeout, and after the stop button of a notebook, which reaches the kernel alone."""
    program = (
        f"import signal, sys; sys.path[:0] = {sys.path!r}\n"
        # A shell ignores this signal for what it runs in the background, tests included.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from siamese_lib.distributed import run_workers\n"
        "from test_workers import waits\n"
        f"{OVER_WHEN_BOTH_ARE_THERE.format(folder=str(tmp_path))}\n"
        f"run_workers(waits, 2, timeout={600 if interrupted else 20}, folder={str(tmp_path)!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert soon(lambda: len(list(tmp_path.iterdir())) == 2)
    if interrupted:
        assert len(alive(tmp_path)) == 2
        process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=250)[1]
    assert ("KeyboardInterrupt" if interrupted else "not done after 20 s") in said
    assert soon(lambda: not alive(tmp_path), 30)


def test_a_program_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(workers, "PROGRAM", "import no_such_module")
    with pytest.raises(WorkerError, match="(?s)did not start.*no_such_module"):
        run_workers(odds_and_ends, ranks=1)


def test_ranks_must_be_a_number():
    with pytest.raises(ValueError, match="ranks must be an int of 1 or more, got 0"):
        run_workers(odds_and_ends, ranks=0)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_parts_side_by_side_are_the_batch_of_one_process(ranks):
    def sampler():
        return MPerClassSampler(LABELS, m=2, batch_size=16, generator=5)

    parts = [RankSampler(sampler(), rank, ranks) for rank in range(ranks)]
    assert {part.batch_size for part in parts} == {16 // ranks}
    whole = sampler().sample(7)
    assert torch.equal(torch.cat([part.sample(7) for part in parts], dim=1), whole)


def test_in_a_data_loader_every_rank_gets_its_part_of_every_batch():
    data = torch.utils.data.TensorDataset(torch.arange(len(LABELS)))
    batches = []
    for rank in range(2):
        sampler = RankSampler(MPerClassSampler(LABELS, 2, 16, generator=5), rank, 2)
        assert len(sampler) == len(list(sampler)) == 88
        sampler = RankSampler(MPerClassSampler(LABELS, 2, 16, generator=5), rank, 2)
        loader = torch.utils.data.DataLoader(data, sampler.batch_size, sampler=sampler)
        batches.append(torch.stack([rows for (rows,) in loader]))
    whole = MPerClassSampler(LABELS, 2, 16, generator=5).sample(11)
    assert torch.equal(torch.cat(batches, dim=1), whole)


def test_batches_that_cannot_be_shared_and_ranks_that_are_not_there():
    with pytest.raises(ValueError, match="batch of 16 cannot be shared equally among 3 ranks"):
        own_part(torch.zeros(16), rank=0, ranks=3)
    with pytest.raises(ValueError, match="rank must be 0 to 1, got 2"):
        RankSampler(MPerClassSampler(LABELS, 2, 16, generator=5), 2, 2)


def test_one_process_is_rank_0_of_1():
    assert (this_rank(), n_ranks()) == (0, 1)
    with process_group() as rank:
        assert rank == 0 and not torch.distributed.is_initialized()
    assert from_first_rank("so") == "so" and any_rank([1]) is True and any_rank([]) is False
