"""The command `campaign`: run, extend, estimate, export and verify."""

import json
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from contracts.errors import InputError
from hwservice.campaign.definition import Campaign, load_campaign
from hwservice.campaign.runner import DEFINITION, Progress, extended, run_campaign
from hwservice.campaign.training import train
from hwservice.run.throttle import Throttle

VERBS: Final = ("run", "extend", "estimate", "export", "verify")
DIFFERENT: Final = 1


def run(options: Namespace) -> int:
    """Do what the verb says."""
    words = list(options.words)
    verb = words.pop(0) if words[0] in VERBS else "run"
    if verb in ("run", "estimate"):
        if len(words) != 1:
            raise InputError(f"campaign {verb} takes one FILE, not {len(words)}")
        campaign = load_campaign(Path(words[0]))
        return _estimate(campaign, options) if verb == "estimate" else _run(campaign, options)
    if words:
        raise InputError(f"campaign {verb} takes no FILE; its folder is --out")
    folder = _folder(options)
    if not (folder / DEFINITION).is_file():
        raise InputError(f"--out {folder} holds no campaign; start one with: campaign FILE --out {folder}")
    match verb:
        case "extend":
            if options.networks is None:
                raise InputError("campaign extend needs --networks N")
            return _run(extended(folder, options.networks), options)
        case "export":
            return _export(folder, options)
        case _:
            return _verify(folder, options)


def _folder(options: Namespace) -> Path:
    if options.out is None:
        raise InputError("campaign needs --out DIR")
    if options.workers < 0 or options.rows < 1:
        raise InputError(f"--workers is {options.workers}, --rows is {options.rows}; they must be at least 0 and 1")
    return Path(options.out)


def _run(campaign: Campaign, options: Namespace) -> int:
    folder = _folder(options)
    with _stoppable() as stop:
        done = run_campaign(
            campaign, folder, workers=options.workers, report=_reporter(), line=_tool_line(), cancel=stop
        )
        if campaign.accuracy is not None:
            train(campaign, folder, workers=options.workers, line=_trainer_line(), cancel=stop)
    return _export(folder, options, asdict(done))


def _export(folder: Path, options: Namespace, before: dict[str, Any] | None = None) -> int:
    # pyarrow takes a third of a second to import, and workers never need it.
    from hwservice.campaign.card import CARD  # noqa: PLC0415
    from hwservice.campaign.export import export  # noqa: PLC0415

    found = export(folder, options.to, networks=options.networks if before is None else None)
    figures = {name: getattr(found, name) for name in ("rows", "failures", "layers", "trainings", "left_out")}
    _say(
        options,
        {**(before or {}), **figures, "files": found.files, "folder": str(found.folder)},
        f"{found.rows} rows ({found.failures} failed), {found.layers} layers: {', '.join(found.files)} and {CARD} in {found.folder}",
    )
    return 0


def _estimate(campaign: Campaign, options: Namespace) -> int:
    from hwservice.campaign.forecast import forecast  # noqa: PLC0415  # as above

    found = forecast(campaign, options.workers or 2)
    lines = [f"{family:<14} {rows:>7} rows {minutes:>7.1f} min" for family, rows, minutes in found.parts]
    if found.trainings:
        lines.append(f"{'training':<14} {found.trainings:>7} nets {found.training_minutes:>7.1f} min")
    whole = (
        f"{'in all':<14} {found.rows:>7} rows {found.minutes:>7.1f} min on {options.workers or 2} processors (estimate)"
    )
    _say(options, asdict(found), "\n".join([*lines, whole]))
    return 0


def _verify(folder: Path, options: Namespace) -> int:
    from hwservice.campaign.verify import verify  # noqa: PLC0415  # as above

    verdict = verify(folder, options.rows)
    told = f"{verdict.compared} rows simulated again: {verdict.compared - len(verdict.different)} equal bit for bit"
    told += "".join(f"\n{run}: {what}" for run, what in verdict.different.items())
    _say(options, asdict(verdict), f"{told}; {verdict.stale} rows were made by other code")
    return DIFFERENT if verdict.different else 0


def _say(options: Namespace, values: dict[str, Any], text: str) -> None:
    print(json.dumps(values) if options.json else text)


def _reporter() -> Any:
    throttle = Throttle(1.0 if sys.stderr.isatty() else 15.0)
    ending = "\r" if sys.stderr.isatty() else "\n"

    def report(p: Progress) -> None:
        if not throttle.passes("row", finished=p.rows == p.rows_in_all):
            return
        left = "" if p.seconds_left is None else f", {p.seconds_left / 60:.0f} min left"
        text = (
            f"{p.rows}/{p.rows_in_all} rows, {p.rows_per_minute:.0f} a minute{left}, {p.failures} failed ({p.family})"
        )
        print(f"{text:<90}", end=ending, file=sys.stderr, flush=True)

    return report


def _trainer_line() -> Any:
    """How far the training is; all that the trainer says is about that."""
    throttle = Throttle(1.0 if sys.stderr.isatty() else 15.0)
    ending = "\r" if sys.stderr.isatty() else "\n"
    return lambda text: (
        print(f"{text:<90}", end=ending, file=sys.stderr, flush=True) if throttle.passes("line") else None
    )


def _tool_line() -> Any:
    """What sbt and Verilator say, on a terminal only."""
    return None if not sys.stderr.isatty() else lambda line: print(f"{line[:88]:<90}", end="\r", file=sys.stderr)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An interrupt or a termination lets what runs end, and keeps it; a second one ends at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
