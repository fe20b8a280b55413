"""What a user sees while the demonstration trains and simulates: bars in a terminal, lines elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from mlservice.training import Progress

_LINE_EVERY: Final = 0.25


@contextmanager
def training_bar(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Shows how far training is."""
    columns = (
        TextColumn("Training, epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
    )
    told = -1.0
    with ProgressBar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", visible=False, epoch=1, loss=float("nan"))

        def show(at: Progress) -> None:
            nonlocal told
            epoch = at.epoch + 1
            bar.update(task, completed=at.step, total=at.steps, visible=True, epoch=epoch, loss=at.loss)
            if not console.is_terminal and at.step / at.steps >= told + _LINE_EVERY:
                told = at.step / at.steps
                console.print(f"Training, epoch {epoch}: {told:.0%}, loss {at.loss:.3f}", highlight=False)

        yield show


@contextmanager
def job_bar(console: Console) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Shows a job's state, phase and time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    told = ""
    with ProgressBar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("waiting", total=1.0)

        def show(job: Mapping[str, Any]) -> None:
            nonlocal told
            phase = _phase(job)
            if phase != told:
                bar.reset(task, total=1.0)
            bar.update(task, description=phase, completed=job["fraction"] or 0.0)
            if phase != told and not console.is_terminal:
                console.print(f"  {phase} ...", highlight=False)
            told = phase

        yield show


def _phase(job: Mapping[str, Any]) -> str:
    if job["state"] != "queued":
        return str(job["phase"] or "starting")
    place = job["queue"]
    return f"waiting, place {place['position']} in the queue" if place else "waiting"
