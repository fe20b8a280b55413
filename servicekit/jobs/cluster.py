"""The executor on Dask: an embedded cluster, or an external one by address.

Dask neither kills a subprocess on cancel nor survives its scheduler: attempts are killed through their supervision on
the worker, and whoever submitted decides what to do when all is lost.
"""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import dask.distributed

from contracts.job import FailureClass, JobState
from servicekit.jobs.supervise import Supervision
from servicekit.jobs.task import Capacity, Listener, Outcome, Task, Worker

_dask: Any = dask.distributed
"""Its functions carry no types."""

TOPIC = "proprunn-attempts"
_supervisions: dict[str, Supervision] = {}
"""On a worker: what runs there."""
_refused: set[str] = set()
"""On a worker: cancelled before they came."""


class DaskExecutor:
    """Runs tasks on the workers of a Dask cluster, one at a time on each.

    The embedded cluster speaks TLS with a certificate of its own (`security=True`): its port would otherwise let any
    local account run code here. It has no dashboard.
    """

    def __init__(self, workers: int, command: Sequence[str], address: str | None = None) -> None:
        self._command = tuple(command)
        self._cluster = None if address else _embedded(workers)
        self._client = _dask.Client(address or self._cluster)
        self._lock = threading.Lock()
        self._futures: dict[str, Any] = {}
        self._listeners: dict[str, Listener] = {}
        self._cancelled: set[str] = set()
        self._running: set[str] = set()
        self._client.subscribe_topic(TOPIC, self._hear)

    def submit(self, task: Task, listener: Listener) -> None:
        """See `Executor`."""
        with self._lock:
            if task.key in self._listeners:
                raise ValueError(f"task {task.key!r} is known already")
            self._listeners[task.key] = listener
        future = self._client.submit(_on_worker, task.to_mapping(), self._command, key=task.key, pure=False)
        with self._lock:
            self._futures[task.key] = future
        future.add_done_callback(lambda done: self._finish(task.key, done))

    def cancel(self, key: str) -> None:
        """See `Executor`."""
        with self._lock:
            future = self._futures.get(key)
            if future is None:
                return
            self._cancelled.add(key)
        killed = self._client.run(_kill_on_worker, key)
        if not any(killed.values()):
            future.cancel()

    def alive(self, key: str) -> bool:
        """See `Executor`."""
        with self._lock:
            return key in self._listeners

    def capacity(self) -> Capacity:
        """See `Executor`."""
        workers = tuple(map(_worker, self._client.scheduler_info()["workers"].values()))
        slots = sum(worker.slots for worker in workers)
        with self._lock:
            running = len(self._running)
            return Capacity(slots, running, len(self._listeners) - running, workers)

    def worker_of(self, key: str) -> int | None:
        """The Dask worker process that runs a task; None where none does."""
        found = self._client.run(_process_if_running, key)
        return next((pid for pid in found.values() if pid is not None), None)

    def close(self) -> None:
        """Cancel everything and end the cluster."""
        with self._lock:
            keys = list(self._futures)
        for key in keys:
            self.cancel(key)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _hear(self, event: tuple[Any, Mapping[str, Any]]) -> None:
        _, message = event
        key = message["key"]
        with self._lock:
            listener = self._listeners.get(key)
            if listener is not None and message["what"] == "started":
                self._running.add(key)
        if listener is None:
            return
        if message["what"] == "started":
            listener.started()
        else:
            listener.progress(message["message"])

    def _finish(self, key: str, future: Any) -> None:
        outcome = _outcome(future)
        with self._lock:
            listener = self._listeners.pop(key, None)
            self._futures.pop(key, None)
            self._running.discard(key)
            if key in self._cancelled:
                self._cancelled.discard(key)
                outcome = Outcome(JobState.CANCELLED)
        if listener is not None:
            listener.ended(outcome)


def _worker(said: Mapping[str, Any]) -> Worker:
    """From what Dask's scheduler knows of it."""
    running = said["metrics"].get("task_counts", {}).get("executing", 0)
    silent_s = max(time.time() - said["last_seen"], 0.0)
    return Worker(str(said["name"]), said["host"], said["nthreads"], running, silent_s)


def _embedded(workers: int) -> Any:
    return _dask.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        security=True,
        dashboard_address=None,
        # Dask's scheduler answers health checks by HTTP in any case; on a fixed port, two services would be in each other's way.
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        host="127.0.0.1",
        silence_logs=50,
    )


def _outcome(future: Any) -> Outcome:
    if future.cancelled():
        return Outcome(JobState.CANCELLED)
    error = future.exception()
    if error is not None:
        text = f"the cluster lost the attempt: {type(error).__name__}: {error}"
        return Outcome.failed(FailureClass.INFRASTRUCTURE, type(error).__name__, text)
    return Outcome.from_mapping(future.result())


def _on_worker(values: Mapping[str, Any], command: Sequence[str]) -> dict[str, Any]:
    """Runs in a Dask worker's task thread."""
    task, worker = Task.from_mapping(values), _dask.get_worker()
    supervision = Supervision(task, command)
    _supervisions[task.key] = supervision
    if task.key in _refused:
        _refused.discard(task.key)
        return Outcome(JobState.CANCELLED).to_mapping()

    def tell(what: str, message: Mapping[str, Any] | None = None) -> None:
        worker.log_event(TOPIC, {"key": task.key, "what": what, "message": message})

    try:
        tell("started")
        return supervision.run(lambda message: tell("message", message)).to_mapping()
    finally:
        _supervisions.pop(task.key, None)


def _process_if_running(key: str) -> int | None:
    """Runs in a Dask worker's event loop."""
    return os.getpid() if key in _supervisions else None


def _kill_on_worker(key: str) -> bool:
    """Runs in a Dask worker's event loop."""
    supervision = _supervisions.get(key)
    if supervision is None:
        _refused.add(key)
        return False
    supervision.cancel()
    return True
