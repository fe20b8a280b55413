"""The commands: what arguments each takes, and what it does."""

import json
import shutil
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Final

from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from contracts.errors import InputError
from contracts.quantisation import CALIBRATION_METHODS, SCALES, QuantiseOptions
from hwservice import pipeline
from hwservice.api.settings import PORT
from hwservice.cli.progress import shown
from hwservice.run.accelerators import find_accelerator
from hwservice.run.request import SIMULATORS, CompileRequest, EvaluateRequest, SimulateRequest
from servicekit.commands import Command, serve_arguments


def _dimension(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not name or not value.isdecimal():
        raise InputError(f"--dim is {text!r}; it must be NAME=NUMBER")
    return name, int(value)


def _network_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("network", type=Path, metavar="NETWORK.onnx", help="the network")
    parser.add_argument(
        "--calibration", type=Path, metavar="F.npz", help="real inputs under key `input`, for the scales"
    )
    parser.add_argument("--scales", choices=SCALES, default="general", help="default: %(default)s")
    parser.add_argument(
        "--calibration-method", choices=CALIBRATION_METHODS, default="auto", help="how ranges are chosen: %(default)s"
    )
    parser.add_argument(
        "--percentile", type=float, default=99.99, metavar="P", help="kept at each side by `percentile`: %(default)s"
    )
    parser.add_argument(
        "--dim", type=_dimension, action="append", default=[], metavar="NAME=NUMBER", help="an open dimension's value"
    )
    _json_argument(parser)


def _accelerator_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--accelerator", default=DEFAULT_ACCELERATOR, metavar="NAME|FILE.json", help="default: %(default)s"
    )


def _json_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _compile_request(options: Namespace) -> CompileRequest:
    return CompileRequest(
        network=options.network,
        accelerator=find_accelerator(options.accelerator),
        calibration=options.calibration,
        quantise=QuantiseOptions(options.scales, options.calibration_method, options.percentile),
        dims=tuple(sorted(options.dim)),
    )


def _print(value: object) -> None:
    print(json.dumps(value))


def _simulate_arguments(parser: ArgumentParser) -> None:
    _network_arguments(parser)
    _accelerator_argument(parser)
    parser.add_argument("--inputs", type=Path, metavar="F.npz", help="what to run, under key `input` (default: random)")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="how many inputs (default: %(default)s)")
    parser.add_argument("--energy-table", metavar="NAME|FILE", help="default: by the accelerator's board")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write a wave dump (VCD)")
    parser.add_argument(
        "--outputs", type=Path, metavar="FILE", help="write the outputs there (npz; default: the cache)"
    )
    parser.add_argument("--simulator", choices=SIMULATORS, default="rtl", help="`null` measures nothing; for tests")


def _simulate(options: Namespace) -> int:
    request = SimulateRequest(
        compile=_compile_request(options),
        inputs=options.inputs,
        count=options.count,
        energy_table=options.energy_table,
        trace=options.trace,
        outputs=options.outputs,
        simulator=options.simulator,
    )
    with shown(pipeline.PHASES) as watch:
        run = pipeline.simulate_network(request, watch)
    if options.json:
        _print(run.measurement.to_mapping())
    else:
        from hwservice.cli.tables import show_measurement  # noqa: PLC0415  # rich is not needed for JSON

        show_measurement(run.measurement)
    return 0


def _compile_arguments(parser: ArgumentParser) -> None:
    _network_arguments(parser)
    _accelerator_argument(parser)
    parser.add_argument("--listing", action="store_true", help="print the program, one instruction per line")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the program there (zip: image and description)")


def _compile(options: Namespace) -> int:
    from hwservice.compiler import listing  # noqa: PLC0415  # as above
    from hwservice.run.artifacts import write_program  # noqa: PLC0415
    from hwservice.run.estimate import estimated_figures  # noqa: PLC0415

    with shown(pipeline.COMPILE_PHASES) as watch:
        compiled = pipeline.compile_only(_compile_request(options), watch)
    program = compiled.content.program
    if options.out is not None:
        _writable(options.out)
        write_program(program, options.out)
    if options.json:
        said = {**compiled.to_mapping(), "estimate": estimated_figures(program)}
        _print(said | ({"listing": listing(program)} if options.listing else {}))
    elif options.listing:
        print(listing(program), end="")
    else:
        from hwservice.cli.tables import show_facts  # noqa: PLC0415  # as above

        show_facts(f"{program.name} for {program.accelerator.name}", compiled.to_mapping())
    return 0


def _writable(path: Path) -> None:
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: {path.parent} is no folder")


def _elaborate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("accelerator", metavar="NAME|FILE.json", help="what to generate")
    parser.add_argument("--out", type=Path, metavar="DIR", help="copy the Verilog there")
    _json_argument(parser)


def _elaborate(options: Namespace) -> int:
    accelerator = find_accelerator(options.accelerator)
    with shown(pipeline.ELABORATE_PHASES) as watch:
        verilog = pipeline.elaborate_only(accelerator, watch)
    if options.out is not None:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
            verilog = Path(shutil.copy(verilog, options.out))
        except OSError as error:
            raise InputError(f"{options.out} cannot be written: {error.strerror}") from error
    facts = {"accelerator": accelerator.name, "digest": f"{accelerator.digest:016x}", "verilog": str(verilog)}
    _print(facts) if options.json else print(verilog)
    return 0


def _evaluate_arguments(parser: ArgumentParser) -> None:
    _network_arguments(parser)
    parser.add_argument("--inputs", type=Path, required=True, metavar="F.npz", help="the test split, under key `input`")
    parser.add_argument("--labels-key", default="label", metavar="KEY", help="classes in the same file (`%(default)s`)")
    parser.add_argument("--count", type=int, metavar="N", help="the first N images only")


def _evaluate(options: Namespace) -> int:
    options.accelerator = DEFAULT_ACCELERATOR  # accuracy does not depend on it
    request = EvaluateRequest(_compile_request(options), options.inputs, options.labels_key, options.count)
    with shown(pipeline.EVALUATE_PHASES) as watch:
        found = pipeline.evaluate(request, watch)
    if options.json:
        _print(asdict(found))
    else:
        from hwservice.cli.tables import show_facts  # noqa: PLC0415  # as above

        show_facts(f"Accuracy of {options.network.stem}", asdict(found))
    return 0


def _accelerators(options: Namespace) -> int:
    if options.json:
        described = [
            {**json.loads(a.to_json()), "on_chip_bytes": a.on_chip_bytes, "cells": a.cells} for a in PRESETS.values()
        ]
        _print(described)
        return 0
    from hwservice.cli.tables import show_accelerators  # noqa: PLC0415  # as above

    show_accelerators(PRESETS.values())
    return 0


def _serve(options: Namespace) -> int:
    from hwservice.api.server import HARDWARE_SERVICE  # noqa: PLC0415  # the web framework costs a second
    from servicekit.api.server import ServeOptions, serve  # noqa: PLC0415  # as above

    return serve(HARDWARE_SERVICE, ServeOptions(options.port, options.host, options.executor, options.workers))


def _campaign_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="+",
        metavar="[VERB] FILE",
        help="a definition to run; or one of: extend, export, verify (with --out), estimate FILE",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where rows are kept; what is there is not made again")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one per processor)")
    parser.add_argument(
        "--networks", type=int, metavar="N", help="extend: to so many networks; export: a sample of so many"
    )
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="verify: so many rows (default: %(default)s)")
    parser.add_argument("--to", type=Path, metavar="DIR", help="export: where the tables go (default: --out)")
    _json_argument(parser)


def _campaign(options: Namespace) -> int:
    from hwservice.cli import campaign  # noqa: PLC0415  # as above

    return campaign.run(options)


COMMANDS: Final = (
    Command("simulate", "run a network on the accelerator's RTL and say what it costs", _simulate_arguments, _simulate),
    Command(
        "evaluate", "accuracy of the float and of the integer network on a test split", _evaluate_arguments, _evaluate
    ),
    Command("compile", "make the program for a network", _compile_arguments, _compile),
    Command("elaborate", "generate an accelerator's Verilog", _elaborate_arguments, _elaborate),
    Command("campaign", "simulate thousands of pruned networks, as a data set", _campaign_arguments, _campaign),
    Command("accelerators", "list the accelerators that ship", _json_argument, _accelerators),
    Command("serve", "offer all of this over HTTP", serve_arguments(PORT), _serve),
)
