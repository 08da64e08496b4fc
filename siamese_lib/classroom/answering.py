"""The process in which a submission answers: ``python -m siamese_lib.classroom.answering``.

It reads requests from standard input, one JSON object a line, and writes a reply for each to
standard output. ``{"run": source}`` runs a notebook cell; ``{"probe": name, "answer": name,
"inputs": {...}}`` runs a probe (see ``probes``) on what the cells have defined. Graders start it in
a sandbox; nothing of what is right ever comes in here, and only plain numbers go out.
"""

from __future__ import annotations

import argparse
import importlib.abc
import json
import os
import sys
from typing import Any, TextIO

from siamese_lib.classroom.plain import from_json, tensors, to_json
from siamese_lib.classroom.probes import PROBES


class Closed(importlib.abc.MetaPathFinder):
    """Refuses the import of modules that hold what an assignment asks for.

    Args:
        modules: names such as ``siamese_lib.losses``; what is inside them is closed as well.
    """

    def __init__(self, modules: list[str]) -> None:
        self.modules = modules
        for name in list(sys.modules):
            if self.closes(name):
                del sys.modules[name]

    def closes(self, name: str) -> bool:
        """Whether a module is one of them, or inside one."""
        return any(name == module or name.startswith(module + ".") for module in self.modules)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """Called by ``import``; None leaves a module to the other finders."""
        if self.closes(fullname):
            raise ImportError(f"{fullname} is closed here: the assignment asks for your own code")


def main() -> None:
    """Answer until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--close", nargs="*", default=[], help="modules that cannot be imported")
    parser.add_argument("--data-bytes", type=int, help="limit of memory")
    parser.add_argument("--file-bytes", type=int, help="limit of a file that is written")
    arguments = parser.parse_args()
    # The conversation keeps its two channels to itself: what a cell prints goes to standard error,
    # and input() meets an end of file.
    requests = os.fdopen(os.dup(0), encoding="utf8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf8")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    _limit(arguments.data_bytes, arguments.file_bytes)
    sys.meta_path.insert(0, Closed(arguments.close))
    _converse(requests, replies)


def _limit(data_bytes: int | None, file_bytes: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; there the container sets them
        return
    limits = {resource.RLIMIT_DATA: data_bytes, resource.RLIMIT_FSIZE: file_bytes}
    for which, most in {**limits, resource.RLIMIT_CORE: 0}.items():
        if most is not None:
            resource.setrlimit(which, (most, most))


def _converse(requests: TextIO, replies: TextIO) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(history_length=0)
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    shell.colors = "nocolor"
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
        return {"value": to_json(probe(answer, **tensors(from_json({"dict": request["inputs"]}))))}
    except BaseException as error:  # also SystemExit and KeyboardInterrupt of an answer
        return _in_json(error)


def _in_json(error: BaseException) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": str(error)[:500]}


if __name__ == "__main__":
    main()
