"""Start several processes on this machine, from a program or a notebook, and hear what they say."""

from __future__ import annotations

import inspect
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from siamese_lib.checks import check_counts

# What a process runs: it joins the others, and writes down what came out, or what went wrong when.
PROGRAM = """
import json, sys, time, torch
sys.path[:0] = {paths!r}
from siamese_lib.distributed import *
{source}
if __name__ == "__main__":
    with process_group(own_device({device!r})):
        file = {folder!r} + f"/{{this_rank()}}"
        try:
            result = {name}(**json.loads({arguments!r}))
            torch.save(result, file + ".result")
        except BaseException as error:
            with open(file + ".error", "w") as said:
                json.dump([time.time(), type(error).__name__ + ": " + str(error)], said)
            raise
"""


class WorkerError(RuntimeError):
    """A worker process has failed."""


def run_workers(
    function: Callable[..., Any],
    ranks: int = 2,
    uses: tuple[Callable[..., Any], ...] = (),
    device: str = "cpu",
    timeout: float = 240,
    **arguments: Any,
) -> list[Any]:
    """Run a function in several processes at once, started by ``torchrun`` on this machine.

    Each process is a rank of one group, as on a cluster, and has its share of this process's
    threads. A function of a module is imported there; one that was written in a notebook or a
    script is carried over as text, and so must import what it needs *inside* of it; ``torch`` and
    the names of ``siamese_lib.distributed`` are there.

    The ranks send tensors to each other on this machine alone. While they work, ``torchrun``'s
    store, by which they find each other, listens on every interface of the machine and accepts
    anybody: use a firewall on a network that you do not trust.

    Args:
        function: called with ``arguments`` on each rank.
        ranks: how many processes.
        uses: more functions of the notebook or script, which ``function`` calls.
        device: ``"cpu"``, or ``"cuda"`` for a GPU for each rank.
        timeout: Seconds after which they are ended; less than the 300 that the book gives a cell.
        arguments: plain JSON values.

    Returns:
        What the function returned on each rank (numbers, texts, lists, dictionaries, tensors).

    Raises:
        WorkerError: a rank raised an error or was killed; the message says which, and what it was.
    """
    check_counts(ranks=ranks)
    with tempfile.TemporaryDirectory() as folder:
        program = PROGRAM.format(
            paths=[path for path in sys.path if path] or ["."],
            source="\n".join(map(_carried, (*uses, function))),
            device=device,
            name=function.__name__,
            arguments=json.dumps(arguments),
            folder=folder,
        )
        path = Path(folder) / "worker.py"
        path.write_text(program, "utf8")
        _torchrun(path, ranks, timeout)
        files = [Path(folder) / f"{rank}.result" for rank in range(ranks)]
        return [torch.load(file, weights_only=True) for file in files]


def _torchrun(program: Path, ranks: int, timeout: float) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(ranks), str(program)]
    # They share this process's threads, or they would fight for the cores; and no talk beyond this
    # machine.
    threads = max(1, torch.get_num_threads() // ranks)
    loopback = next((name for _, name in _interfaces() if name.startswith("lo")), None)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    if loopback is not None:
        environment.setdefault("GLOO_SOCKET_IFNAME", loopback)
    pipe = subprocess.PIPE
    torchrun = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        said, problems = torchrun.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise WorkerError(f"the workers were not done after {timeout:.0f} s") from error
    finally:
        _end(torchrun)
    if torchrun.returncode:
        raise WorkerError(_what_happened(program.parent, problems))
    print(said, end="")


def _end(torchrun: subprocess.Popen, patience: float = 30) -> None:
    """End it and its ranks, if they still work: after a timeout, or a cell that was interrupted."""
    if torchrun.poll() is not None:
        return
    torchrun.terminate()  # asked, it ends its ranks; killed, it would leave them behind
    try:
        torchrun.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        torchrun.kill()
        torchrun.communicate()


def _interfaces() -> list[tuple[int, str]]:
    return socket.if_nameindex() if hasattr(socket, "if_nameindex") else []


def _carried(function: Callable[..., Any]) -> str:
    """A line that imports the function, or its text where there is no module to import."""
    if function.__module__ != "__main__":
        return f"from {function.__module__} import {function.__qualname__}"
    return textwrap.dedent(inspect.getsource(function))


def _what_happened(folder: Path, said: str) -> str:
    """Who failed first: the other ranks fail as well, for want of somebody to talk to."""
    exits = re.findall(r"rank\s*: (\d+).*?exitcode\s*: (-?\d+)", said, re.S)
    # A signal leaves no error behind; torchrun itself sends SIGTERM to those that are left.
    killed = [(rank, -int(code)) for rank, code in exits if int(code) < 0 and code != "-15"]
    if killed:
        rank, number = killed[0]
        return f"rank {rank} was killed by signal {number}; torchrun has ended the others"
    errors = [(*json.loads(file.read_text("utf8")), file.stem) for file in folder.glob("*.error")]
    ended = [(rank, code) for rank, code in exits if code != "1"]  # 1: an error of Python's
    if not errors and ended:
        rank, code = ended[0]
        return f"rank {rank} ended with exit code {code}; torchrun has ended the others"
    if not errors:
        return f"the workers did not start:\n{said[-4000:]}"
    _, error, rank = min(errors)
    return f"rank {rank} raised {error}; torchrun has ended the others"
