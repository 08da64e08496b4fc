"""Talk with the process in which a submission answers, and end it when it goes too far.

The process belongs to a stranger. Whatever comes back is bounded before it is read: its size, its
time, its depth, and that there is one reply to one request.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import threading
import time
from typing import Any

from grading.sandbox import Limits, start
from grading.sandbox.limits import MiB
from grading.sandbox.watching import Watch
from siamese_classroom.asking import WrongAnswer, in_short, in_words
from siamese_classroom.inside.plain import NotPlainError, from_json, to_json

ANSWERING = "siamese_classroom.inside.answering"
START_SECONDS = 120
# A limit of seconds is one of processor time, so that a busy machine costs nobody points. A
# submission that only waits has this many times as long.
PATIENCE = 4
# Of a reply: doors answer 18,000 visitors at once.
MOST_VALUES = 100_000
LONGEST_TEXT = 1000
LOOK_EVERY = 0.25


class Ended(Exception):
    """The process has ended or was ended. The text says why, for the student."""


class Conversation:
    """One answering process: ``run`` cells, then ``ask`` probes.

    Args:
        kind: Of the sandbox.
        limits: Beyond them the process is ended.
        closed: Modules whose code is missing inside.

    Attributes:
        processor_seconds: Processor time that the last question took, measured from outside.

    Raises:
        Ended: If the process did not start.
    """

    def __init__(self, kind: str, limits: Limits, closed: tuple[str, ...] = ()) -> None:
        self.limits = limits
        self.processor_seconds = 0.0
        self._why: str | None = None
        self._replies: queue.Queue[bytes | None] = queue.Queue(1)
        arguments = [
            *("-m", ANSWERING, "--memory-bytes", str(limits.memory_bytes)),
            *("--file-bytes", str(limits.file_bytes), "--threads", str(limits.n_threads)),
        ]
        self._sandboxed = start(kind, arguments, limits, closed)
        self._process = self._sandboxed.popen
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._requests = self._process.stdin
        os.set_blocking(self._requests.fileno(), False)
        for task in (self._read_replies, self._read_output):
            threading.Thread(target=task, daemon=True).start()
        self._watch = Watch(self._process.pid, limits, self.end)
        self._next_reply(_Late(self._watch, START_SECONDS, "start"))

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.end("")

    def run(self, source: str) -> str | None:
        """Run a cell; return its error in words, or None.

        Raises:
            Ended: If the process is gone.
        """
        reply = self._exchange({"run": source}, self.limits.cell_seconds, "a cell")
        return None if reply.get("error") is None else _error(reply)

    def ask(self, answer: str, probe: str, inputs: dict[str, Any]) -> Any:
        """Return what a probe got from an answer, plain.

        Raises:
            WrongAnswer: If the answer stopped with an error, or returned what is no number.
            Ended: If the process is gone.
        """
        request = {"probe": probe, "answer": answer, "inputs": to_json(inputs)["dict"]}
        began = self._watch.processor_seconds()
        reply = self._exchange(request, self.limits.probe_seconds, answer)
        # The processes of a container are out of sight; what they say themselves must do.
        told = reply.get("seconds")
        self.processor_seconds = max(
            self._watch.processor_seconds() - began, told if isinstance(told, float) else 0.0
        )
        if "value" not in reply:
            raise WrongAnswer(_error(reply))
        try:
            _check_size(reply["value"])
            return from_json(reply["value"])
        except (NotPlainError, RecursionError) as error:
            raise WrongAnswer(in_words(NotPlainError.__name__, str(error))) from None

    def end(self, why: str) -> None:
        """End the process and all that it started."""
        if self._why is None:
            self._why = why
        self._sandboxed.end()

    def _exchange(self, request: dict[str, Any], seconds: float, what: str) -> dict[str, Any]:
        late = _Late(self._watch, seconds, what)
        if not self._replies.empty():
            self.end("it wrote into the channel of the grader")
            raise self._gone()
        self._send(json.dumps(request).encode() + b"\n", late)
        return self._next_reply(late)

    def _send(self, message: bytes, late: _Late) -> None:
        """Write all of a message; a process that does not read loses its time, not ours."""
        left = memoryview(message)
        while left:
            try:
                _, ready, _ = select.select([], [self._requests], [], LOOK_EVERY)
                if ready:
                    left = left[os.write(self._requests.fileno(), left) :]
                elif late.is_now():
                    self.end(late.why)
                    raise self._gone()
            except BlockingIOError:
                continue
            except (OSError, ValueError):  # the pipe is broken, or closed by the watch
                raise self._gone() from None

    def _next_reply(self, late: _Late) -> dict[str, Any]:
        while True:
            try:
                line = self._replies.get(timeout=LOOK_EVERY)
                break
            except queue.Empty:
                if late.is_now():
                    self.end(late.why)
                    raise self._gone() from None
        if line is None:
            raise self._gone()
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            self.end("it wrote into the channel of the grader")
            raise self._gone()
        return reply

    def _gone(self) -> Ended:
        if self._why is None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # for its own exit status
                self._process.wait(timeout=2)
        self._sandboxed.end()
        code = self._process.returncode
        return Ended(self._why or f"it ended its own process (exit status {code})")

    def _read_replies(self) -> None:
        pipe, most = self._process.stdout, self.limits.reply_bytes
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            # There is room for one reply: more than one to a request are not read.
            while line := pipe.readline(most + 1):
                if len(line) > most:
                    self.end(f"it answered with more than {most // MiB} MB")
                    break
                try:
                    self._replies.put_nowait(line)
                except queue.Full:
                    self.end("it wrote into the channel of the grader")
                    break
        with contextlib.suppress(queue.Full):
            self._replies.put_nowait(None)

    def _read_output(self) -> None:
        """Count what it prints, and throw it away."""
        pipe, n_bytes = self._process.stderr, 0
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            while part := pipe.read1(1 << 16):  # type: ignore[attr-defined]
                n_bytes += len(part)
                if n_bytes > self.limits.output_bytes:
                    return self.end(f"it printed more than {self.limits.output_bytes // MiB} MB")


class _Late:
    """Whether a request has had its time."""

    def __init__(self, watch: Watch, seconds: float, what: str) -> None:
        self.seconds, self.why = seconds, f"{what} did not finish in {seconds:.0f} s"
        self._watch, self._used = watch, watch.processor_seconds()
        self._began = time.monotonic()

    def is_now(self) -> bool:
        waited = time.monotonic() - self._began
        used = self._watch.processor_seconds() - self._used
        return used > self.seconds or waited > PATIENCE * self.seconds


def _check_size(value: Any) -> None:
    """Raise NotPlainError for more values or longer texts than any answer has.

    Each value takes up to a hundred times the memory of its text, and much longer to compare.
    """
    waiting, left = [value], MOST_VALUES
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            raise NotPlainError(f"more than {MOST_VALUES:,} values")
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            is_array = set(one) == {"array", "kind", "shape"} and isinstance(one["array"], str)
            waiting += [part for name, part in one.items() if not (is_array and name == "array")]
        elif isinstance(one, str) and len(one) > LONGEST_TEXT:
            raise NotPlainError(f"a text of more than {LONGEST_TEXT:,} characters")


def _error(reply: dict[str, Any]) -> str:
    """What a reply says of an error, in words; both texts come from the submission."""
    kind, message = str(reply.get("error"))[:100], str(reply.get("message", ""))[:500]
    return in_short(in_words(kind, message))
