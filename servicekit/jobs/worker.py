"""The process that carries out one attempt; each service has one, with its own table of kinds.

Reads the task as one JSON line, writes messages as JSON lines, the last with kind `end`; those of kind `alive` only say
that it is. When the pipe it reads from
ends, whoever started it is gone: it then kills everything that belongs to its task, itself last. So it does where it is asked to end
(SIGTERM); what must be done elsewhere before that, `before_end` is told.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from contracts.errors import CancelledError, CapacityError, InputError, ProPruNNError, ToolError
from contracts.job import FailureClass, JobKind, JobState
from servicekit.jobs.process_tree import MARK_VARIABLE, kill_tree
from servicekit.jobs.task import Handler, Limits, Outcome, Task

_PR_SET_PDEATHSIG: Final = 1
_LONGEST_BEAT_SECONDS: Final = 10.0
_CLASSES: Final = (
    (CapacityError, FailureClass.CAPACITY),
    (InputError, FailureClass.INPUT),
    (MemoryError, FailureClass.CAPACITY),
    (ToolError, FailureClass.INFRASTRUCTURE),
)
_LAST_ACTS_SECONDS: Final = 2.0
_last_acts: Final[list[Callable[[], object]]] = []
_writing: Final = threading.Lock()
_ended: Final = threading.Event()


def main(handlers: Callable[[], Mapping[JobKind, Handler]], tighten: Callable[[Limits], None] | None = None) -> int:
    """Carry out the task on stdin.

    Args:
        handlers: by kind; asked for when the process is already watched, as importing them may take long.
        tighten: sets further limits for this process.
    """
    # What libraries print must not mix with the messages.
    messages = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    task = Task.from_mapping(json.loads(sys.stdin.readline()))
    _die_with_parent()
    _limit(task)
    interval = min(task.limits.silent_seconds / 4, _LONGEST_BEAT_SECONDS)
    threading.Thread(target=_beat, args=(messages, interval), daemon=True).start()
    if tighten is not None:
        tighten(task.limits)
    outcome = carry_out(task, handlers(), messages)
    _ended.set()
    _write(messages, {"kind": "end", **outcome.to_mapping()})
    return 0


def carry_out(task: Task, handlers: Mapping[JobKind, Handler], messages: TextIO) -> Outcome:
    """Run the handler of the task's kind; every exception becomes an outcome."""

    def emit(message: Mapping[str, Any]) -> None:
        _write(messages, message)

    try:
        result, artifacts = handlers[task.kind](task.options, task.folder, emit)
    except CancelledError:
        return Outcome(JobState.CANCELLED)
    except (ProPruNNError, MemoryError) as error:
        found = next((failure for kind, failure in _CLASSES if isinstance(error, kind)), FailureClass.BUG)
        return Outcome.failed(found, type(error).__name__, str(error) or "out of memory")
    except Exception as error:  # a bug must end in a message, not in silence
        _report_bug()
        return Outcome.failed(FailureClass.BUG, type(error).__name__, f"internal error: {error}")
    return Outcome(JobState.COMPLETED, result, artifacts)


def before_end(act: Callable[[], object]) -> None:
    """Have something done should this process be made to end, such as to stop what its task started on another machine.

    Args:
        act: called in a thread of its own; it has about two seconds.
    """
    _last_acts.append(act)


def _report_bug() -> None:
    import traceback  # noqa: PLC0415  # only where something went wrong

    traceback.print_exc(file=sys.stderr)


def _beat(messages: TextIO, interval: float) -> None:
    """Say that this process lives, whatever its handler is doing."""
    while not _ended.wait(interval):
        _write(messages, {"kind": "alive"})


def _write(messages: TextIO, message: Mapping[str, Any]) -> None:
    with _writing:
        messages.write(json.dumps(message) + "\n")


def _die_with_parent() -> None:
    """End with the starter, and take along whatever was started here: SIGKILL would leave that behind."""
    signal.signal(signal.SIGTERM, lambda *_: _end_all())
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_await_end_of_pipe, daemon=True).start()


def _await_end_of_pipe() -> None:
    sys.stdin.read()
    _end_all()


def _end_all() -> None:
    acts = [threading.Thread(target=act, daemon=True) for act in _last_acts]
    for act in acts:
        act.start()
    deadline = time.monotonic() + _LAST_ACTS_SECONDS
    for act in acts:
        act.join(max(0.0, deadline - time.monotonic()))
    mark = os.environ.get(MARK_VARIABLE)
    if mark:
        kill_tree(mark, spare=os.getpid())
    os.kill(os.getpid(), signal.SIGKILL)


def _limit(task: Task) -> None:
    """Processor time as a second line of defence, and no core dumps; memory is watched from outside."""
    seconds = int(task.limits.seconds * (os.cpu_count() or 1)) + 60
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
