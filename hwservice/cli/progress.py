"""A progress bar on the terminal, where stderr is one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hwservice.run.watch import Progress, Watch


@contextmanager
def shown(phases: tuple[str, ...]) -> Iterator[Watch]:
    """A watch whose progress the user sees; quiet where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield Watch(phases)
        return
    from rich.console import Console  # noqa: PLC0415  # only for terminals
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("{task.description:<9}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Bar(*columns, TextColumn("[dim]{task.fields[line]}", markup=True), console=console, transient=True) as bar:
        task = bar.add_task("", total=None, line="")

        def report(progress: Progress) -> None:
            known = progress.fraction > 0
            line = progress.message[-60:].replace("[", "\\[")
            if bar.tasks[task].description != progress.phase:
                bar.reset(task, description=progress.phase, total=None)
            bar.update(task, total=1.0 if known else None, completed=progress.fraction, line=line)

        yield Watch(phases, report)
