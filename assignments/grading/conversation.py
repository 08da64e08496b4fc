"""Talk with the process in which a submission answers, and end it when it goes too far."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from typing import Any

import psutil

from grading import sandbox
from grading.sandbox import Limits
from siamese_lib.classroom.asking import WrongAnswer, in_words
from siamese_lib.classroom.plain import NotPlainError, from_json, to_json

LOOK_EVERY = 0.1  # seconds between two looks at memory and processes
LONGEST_REPLY = 256 << 20


class Ended(Exception):
    """The process has gone, or was ended; the text says why, for the student."""


class Conversation:
    """One answering process: ``run`` cells, then ``ask`` probes.

    Args:
        kind: of the sandbox.
        limits: beyond them the process is ended.
        closed: modules that the submission cannot import.

    Raises:
        Ended: the process did not start.
    """

    def __init__(self, kind: str, limits: Limits, closed: tuple[str, ...] = ()) -> None:
        self.limits = limits
        self.why: str | None = None
        self._replies: queue.Queue[bytes | None] = queue.Queue()
        self._process = subprocess.Popen(
            sandbox.command(kind, limits, closed),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=sandbox.environment(kind),
            start_new_session=True,
        )
        for task in (self._read_replies, self._read_output, self._watch):
            threading.Thread(target=task, daemon=True).start()
        self._next_reply(max(60, limits.probe_seconds), "start")

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.end("")

    def run(self, source: str) -> str | None:
        """Run a cell; returns its error in words, or None.

        Raises:
            Ended: the process is gone.
        """
        reply = self._exchange({"run": source}, self.limits.cell_seconds, "a cell")
        if reply.get("error") is None:
            return None
        return in_words(str(reply["error"]), str(reply.get("message", "")))

    def ask(self, answer: str, probe: str, inputs: dict[str, Any]) -> Any:
        """What a probe measures on an answer, plain.

        Raises:
            WrongAnswer: the answer stopped with an error, or returned what is no number.
            Ended: the process is gone.
        """
        request = {"probe": probe, "answer": answer, "inputs": to_json(inputs)["dict"]}
        reply = self._exchange(request, self.limits.probe_seconds, answer)
        if "value" not in reply:
            raise WrongAnswer(in_words(str(reply.get("error")), str(reply.get("message", ""))))
        try:
            return from_json(reply["value"])
        except NotPlainError as error:
            raise WrongAnswer(in_words("NotPlainError", str(error))) from None

    def end(self, why: str) -> None:
        """End the process and all that it started."""
        if self.why is None:
            self.why = why
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _exchange(self, request: dict[str, Any], seconds: float, what: str) -> dict[str, Any]:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()
        except OSError:
            raise self._gone() from None
        return self._next_reply(seconds, what)

    def _next_reply(self, seconds: float, what: str) -> dict[str, Any]:
        try:
            line = self._replies.get(timeout=seconds)
        except queue.Empty:
            self.end(f"{what} did not finish in {seconds:.0f} s")
            raise self._gone() from None
        if line is None:
            raise self._gone()
        try:
            reply = json.loads(line)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            self.end("it wrote into the channel of the grader")
            raise self._gone()
        return reply

    def _gone(self) -> Ended:
        code = self._process.wait()
        return Ended(self.why or f"it ended its own process (exit status {code})")

    def _read_replies(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while line := pipe.readline(LONGEST_REPLY):
            self._replies.put(line)
        self._replies.put(None)

    def _read_output(self) -> None:
        """Count what it prints, and throw it away."""
        pipe, n_bytes = self._process.stderr, 0
        assert pipe is not None
        while part := pipe.read1(1 << 16):  # type: ignore[attr-defined]
            n_bytes += len(part)
            if n_bytes > self.limits.output_bytes:
                self.end(f"it printed more than {self.limits.output_bytes >> 20} MB")
                return

    def _watch(self) -> None:
        began = time.monotonic()
        while self._process.poll() is None:
            if time.monotonic() - began > self.limits.total_seconds:
                self.end(f"it took more than {self.limits.total_seconds:.0f} s in all")
            n_processes, n_bytes = self._use()
            if n_processes > self.limits.n_processes:
                self.end(f"it started more than {self.limits.n_processes} processes")
            if n_bytes > self.limits.memory_bytes:
                self.end(f"it took more than {self.limits.memory_bytes >> 20} MB of memory")
            time.sleep(LOOK_EVERY)

    def _use(self) -> tuple[int, int]:
        """Processes, and bytes of memory, of the process and all below it."""
        n_processes, n_bytes = 0, 0
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(self._process.pid)
            for one in (top, *top.children(recursive=True)):
                n_processes += 1
                with contextlib.suppress(psutil.Error):
                    n_bytes += one.memory_info().rss
        return n_processes, n_bytes
