"""What whoever waits for a job sees on a terminal: phase, bar, time left. Elsewhere nothing is drawn."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn


class ProgressBar:
    """Shows job documents on stderr while it is entered."""

    def __init__(self, shown: bool = True, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        hidden = not (shown and console.is_terminal)
        self._progress = Progress(*columns, console=console, transient=True, disable=hidden)
        self._task = self._progress.add_task("", total=None, left="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, job: dict[str, Any]) -> None:
        """The job as it is now."""
        text = f"{_what(job)}: {says(job)}"
        self._progress.update(
            self._task,
            description=text,
            total=1,
            completed=job.get("fraction") or 0,
            left=left(job.get("seconds_left")),
        )


def _what(job: dict[str, Any]) -> str:
    """Kind with network and accelerator; campaigns and fits have names instead."""
    if not job["accelerator_name"]:
        return f"{job['kind']} {job['name']}".rstrip()
    return f"{job['kind']} {job.get('network_name') or ''} on {job['accelerator_name']}"


def says(job: dict[str, Any]) -> str:
    """State, and phase or place in the queue."""
    state = str(job["state"])
    if state == "running" and job.get("phase"):
        return str(job["phase"])
    place = job.get("queue")
    return f"queued, place {place['position']}" if state == "queued" and place else state


def left(seconds: float | None) -> str:
    """Time left of the phase, such as `about 1 min 20 s left`."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"about {f'{minutes} min ' if minutes else ''}{rest} s left"
