"""The process in which a submission answers: ``python -m siamese_classroom.inside.answering``.

It reads requests from standard input, one JSON object a line, and writes one reply for each to
standard output. ``{"run": source}`` runs a notebook cell; ``{"probe": name, "answer": name,
"inputs": {...}}`` runs a probe (see ``probes``) on what the cells have defined. Graders start it in
a sandbox. Its replies are checked outside as those of a stranger.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any, TextIO

from siamese_classroom.inside.plain import from_json, tensors, to_json
from siamese_classroom.inside.probes import PROBES


def main() -> None:
    """Answer until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory-bytes", type=int, help="limit of memory")
    parser.add_argument("--file-bytes", type=int, help="limit of a file that is written")
    parser.add_argument("--threads", type=int, help="limit of threads in all processes")
    arguments = parser.parse_args()
    # The conversation keeps its two channels to itself: what a cell prints goes to standard error,
    # and input() meets an end of file.
    requests = os.fdopen(os.dup(0), encoding="utf8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf8")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    _limit(arguments.memory_bytes, arguments.file_bytes, arguments.threads)
    _converse(requests, replies)


def _limit(memory_bytes: int | None, file_bytes: int | None, threads: int | None) -> None:
    """Limit this process and all that it starts; a limit cannot be raised again."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; there the container sets them
        return
    limits = {
        resource.RLIMIT_DATA: memory_bytes,
        # Also what is shared. PyTorch's own libraries take address space without taking memory.
        resource.RLIMIT_AS: memory_bytes and memory_bytes + _address_space(),
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NPROC: threads,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for which, most in limits.items():
        if most is not None:
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))


def _address_space() -> int:
    """Bytes of address space of this process, with PyTorch imported."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _converse(requests: TextIO, replies: TextIO) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(history_length=0)
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    shell.colors = "nocolor"
    # %matplotlib inline asks for it.
    shell.enable_gui = lambda gui=None: None  # type: ignore[method-assign]
    reply: dict[str, Any] = {"ready": True}
    while True:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        line = requests.readline()
        if not line:
            return
        reply = _reply(shell, json.loads(line))


def _reply(shell: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        if "run" in request:
            result = shell.run_cell(request["run"], store_history=False)
            error = result.error_before_exec or result.error_in_exec
            return {"error": None} if error is None else _in_json(error)
        answer = shell.user_ns.get(request["answer"])
        if answer is None:
            raise NameError(f"{request['answer']} is not defined when the notebook has run")
        probe = PROBES[request["probe"]]
        inputs = tensors(from_json({"dict": request["inputs"]}))
        began = time.process_time()
        value = to_json(probe(answer, **inputs))
        return {"value": value, "seconds": time.process_time() - began}
    except BaseException as error:  # also SystemExit and KeyboardInterrupt of an answer
        return _in_json(error)


def _in_json(error: BaseException) -> dict[str, Any]:
    return {"error": type(error).__name__[:100], "message": str(error)[:500]}


if __name__ == "__main__":
    main()
