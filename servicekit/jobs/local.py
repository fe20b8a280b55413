"""The executor without a cluster: a thread and a subprocess per running task, and as many slots as it is given."""

import socket
import threading
from collections.abc import Sequence

from contracts.job import FailureClass, JobState
from servicekit.jobs.supervise import Supervision
from servicekit.jobs.task import Capacity, Listener, Outcome, Task, Worker


class LocalExecutor:
    """Runs `slots` tasks at a time in this machine; the others wait in the order in which they came."""

    def __init__(self, slots: int, command: Sequence[str]) -> None:
        self._slots, self._command = slots, command
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Supervision, Listener]] = {}
        self._running: dict[str, Supervision] = {}
        self._closed = False

    def submit(self, task: Task, listener: Listener) -> None:
        """See `Executor`."""
        with self._lock:
            if task.key in self._waiting or task.key in self._running:
                raise ValueError(f"task {task.key!r} is known already")
            self._waiting[task.key] = Supervision(task, self._command), listener
        self._fill()

    def cancel(self, key: str) -> None:
        """See `Executor`."""
        with self._lock:
            waiting = self._waiting.pop(key, None)
            running = self._running.get(key)
        if waiting is not None:
            waiting[1].ended(Outcome(JobState.CANCELLED))
        elif running is not None:
            running.cancel()

    def alive(self, key: str) -> bool:
        """See `Executor`."""
        with self._lock:
            return key in self._waiting or key in self._running

    def capacity(self) -> Capacity:
        """See `Executor`."""
        with self._lock:
            running = len(self._running)
            here = Worker("local", socket.gethostname(), self._slots, running, silent_s=0.0)
            return Capacity(self._slots, running, len(self._waiting), (here,))

    def mark_of(self, key: str) -> str | None:
        """What the processes of a running task carry in their environment; None where it does not run."""
        with self._lock:
            running = self._running.get(key)
            return running.mark if running else None

    def close(self) -> None:
        """Cancel everything."""
        with self._lock:
            self._closed = True
            keys = [*self._waiting, *self._running]
        for key in keys:
            self.cancel(key)

    def _fill(self) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self._slots and not self._closed:
                key = next(iter(self._waiting))
                supervision, listener = self._waiting.pop(key)
                self._running[key] = supervision
                threading.Thread(target=self._run, args=(supervision, listener), daemon=True, name=key).start()

    def _run(self, supervision: Supervision, listener: Listener) -> None:
        listener.started()
        try:
            outcome = supervision.run(listener.progress)
        except Exception as error:  # the listener must hear of it whatever it was
            outcome = Outcome.failed(FailureClass.BUG, type(error).__name__, f"internal error: {error}")
        with self._lock:
            del self._running[supervision.task.key]
        listener.ended(outcome)
        self._fill()
