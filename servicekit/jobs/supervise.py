"""One attempt as a subprocess: started, listened to, kept within its limits, and gone with all it started."""

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from contracts.job import FailureClass, JobState
from servicekit.jobs.process_tree import MARK_VARIABLE, kill_tree, processes_of, resident_bytes
from servicekit.jobs.task import Emit, Outcome, Task

_ROOT: Final = Path(__file__).resolve().parents[2]
_POLL_SECONDS: Final = 0.25
_KEPT_ERROR_CHARACTERS: Final = 4000
_LONGEST_LINE: Final = 16 << 20
_GRACE_SECONDS: Final = 3.0
"""For an attempt's process to stop what it started elsewhere; see `servicekit.jobs.worker.before_end`."""


@dataclass
class Supervision:
    """One running attempt; `cancel` may be called from any thread, before, while and after it runs."""

    task: Task
    command: Sequence[str]
    mark: str = field(default_factory=lambda: secrets.token_hex(16))
    _end: threading.Event = field(default_factory=threading.Event)
    _cancelled: bool = False
    _breach: Outcome | None = None
    _process: "subprocess.Popen[str] | None" = None
    _heard: float = field(default_factory=time.monotonic)

    def cancel(self) -> None:
        """End everything that belongs to the attempt."""
        self._cancelled = True
        self._stop()

    def _stop(self) -> None:
        """Ask the attempt's process to end, which it does at once unless something hangs; then kill all that is left."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
        kill_tree(self.mark)

    def run(self, emit: Emit) -> Outcome:
        """Run to the end; the process and all it started are gone on return."""
        if self._cancelled:
            return Outcome(JobState.CANCELLED)
        try:
            process = self._process = self._start()
        except OSError as error:
            return Outcome.failed(FailureClass.INFRASTRUCTURE, "OSError", f"cannot start a worker: {error.strerror}")
        guard = threading.Thread(target=self._guard, daemon=True)
        guard.start()
        with process:
            errors = _Tail(process.stderr)
            try:
                last = self._converse(process, emit)
            finally:
                kill_tree(self.mark)
                status = process.wait()
                self._end.set()
                guard.join()
            return self._judge(last, status, errors.text())

    def _start(self) -> "subprocess.Popen[str]":
        environment = {**os.environ, MARK_VARIABLE: self.mark, "PYTHONPATH": _python_path()}
        return subprocess.Popen(
            self.command,
            cwd=self.task.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def _converse(self, process: "subprocess.Popen[str]", emit: Emit) -> Mapping[str, Any] | None:
        """Hand over the task and pass its messages on; the last one, if it came."""
        assert process.stdin is not None
        assert process.stdout is not None
        if self._cancelled:  # between the first look and the start
            return None
        try:
            # The pipe stays open: its end tells the worker that we are gone.
            process.stdin.write(json.dumps(self.task.to_mapping()) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        for line in iter(lambda: process.stdout.readline(_LONGEST_LINE), ""):  # type: ignore[union-attr]  # a pipe
            self._heard = time.monotonic()
            message = _message(line)
            if message is not None and message.get("kind") == "end":
                return message
            if message is not None and message.get("kind") != "alive":
                emit(message)
        return None

    def _guard(self) -> None:
        """Kill the attempt when it exceeds its limits."""
        started, limits = time.monotonic(), self.task.limits
        self._heard = started
        while not self._end.wait(_POLL_SECONDS):
            used = resident_bytes(processes_of(self.mark))
            if time.monotonic() - started > limits.seconds:
                self._breach = _too_much("TimeLimit", f"took more than {limits.seconds:g} s")
            elif used > limits.memory_bytes:
                text = f"used {used / 2**20:.0f} MB of memory; {limits.memory_bytes / 2**20:.0f} MB are allowed"
                self._breach = _too_much("MemoryLimit", text)
            elif time.monotonic() - self._heard > limits.silent_seconds:
                text = f"the attempt gave no sign of life for {limits.silent_seconds:g} s"
                self._breach = Outcome.failed(FailureClass.INFRASTRUCTURE, "Silent", text)
            if self._breach is not None:
                if used > limits.memory_bytes:
                    kill_tree(self.mark)  # there is no moment to lose
                else:
                    self._stop()
                return

    def _judge(self, last: Mapping[str, Any] | None, status: int, errors: str) -> Outcome:
        if self._cancelled:
            return Outcome(JobState.CANCELLED)
        if self._breach is not None:
            return self._breach
        if last is not None:
            return Outcome.from_mapping(last)
        if status < 0:
            text = f"the process was killed from outside (signal {-status})"
            return Outcome.failed(FailureClass.INFRASTRUCTURE, "Killed", text)
        return Outcome.failed(FailureClass.BUG, "Crash", f"the process ended with status {status}: {errors.strip()}")


def _python_path() -> str:
    return os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))


def _too_much(code: str, text: str) -> Outcome:
    return Outcome.failed(FailureClass.CAPACITY, code, f"the attempt {text}")


def _message(line: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class _Tail:
    """Reads a pipe to its end and keeps the last of it."""

    def __init__(self, pipe: IO[str] | None) -> None:
        self._pipe, self._kept = pipe, ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._pipe or ():
            self._kept = (self._kept + line)[-_KEPT_ERROR_CHARACTERS:]

    def text(self) -> str:
        self._thread.join(timeout=1)
        return self._kept
