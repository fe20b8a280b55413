"""The command's arguments."""

import argparse
from collections.abc import Sequence
from typing import Any

from proprunn.cli import campaigns, predictors, training


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The chosen verb and its arguments; ends the program with 2 where they are wrong."""
    chosen = parser().parse_args(arguments)
    chosen.waits_for = None
    return chosen


def parser() -> argparse.ArgumentParser:
    """Of all verbs."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", help="address of the installation; otherwise PROPRUNN_URL, or as logged in")
    shared.add_argument("--json", action="store_true", help="print JSON")
    found = argparse.ArgumentParser(prog="proprunn", description="Simulate networks on an accelerator's RTL.")
    verbs = found.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, text: str, *, to: Any = verbs, called: str = "") -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = to.add_parser(name, help=text, description=text, parents=[shared])
        made.set_defaults(verb=called or name)
        return made

    verb("login", "keep address and token (asked for, or on stdin) in a file that only you may read")
    verb("me", "who asks, and with which quotas")
    _holdings(verbs, verb)
    _work(verb)
    _runs(verbs, verb)
    _jobs(verbs, verb)
    campaigns.arguments(verbs, verb)
    predictors.arguments(verbs, verb)
    training.arguments(verb)
    compared = verb("compare", "finished simulations side by side")
    compared.add_argument("jobs", nargs="+", metavar="JOB")
    compared.add_argument("--reference", metavar="JOB", help="what ratios are to; the first unless given")
    verb("open", "print the address of a job's page").add_argument("job", metavar="JOB")
    verb("queue", "what runs and what waits for what")
    return found


def _holdings(verbs: Any, verb: Any) -> None:
    projects = verbs.add_parser("projects", help="projects").add_subparsers(required=True, metavar="VERB")
    verb("list", "your projects", to=projects, called="projects list")
    verb("create", "a new project", to=projects, called="projects create").add_argument("name")
    for kind, what in (("networks", "an ONNX file, weights included"), ("data", "an npz file with key `input`")):
        own = verbs.add_parser(kind, help=f"{kind} of a project").add_subparsers(required=True, metavar="VERB")
        _in_project(verb("list", f"a project's {kind}", to=own, called=f"{kind} list"))
        upload = verb("upload", f"upload {what}", to=own, called=f"{kind} upload")
        upload.add_argument("file")
        upload.add_argument("--name", help="the file's own, without its ending, unless given")
        _in_project(upload)
        if kind == "data":
            upload.add_argument("--use", choices=["simulation", "training"], default="simulation")
        if kind == "networks":
            _dims(upload)
            version = verb("add-version", "upload a further version", to=own, called="networks add-version")
            version.add_argument("network", metavar="NETWORK", help="a network's id")
            version.add_argument("file")
            version.add_argument("--note", default="", help="what is new in it")
            _dims(version)
    presets = verb("accelerators", "presets; with --project its own too")
    presets.add_argument("--project", help="name or id")
    presets.add_argument("--create", metavar="FILE.json", help="describe one of the project's own by its fields")
    presets.add_argument("--name", help="of the one to create")


def _dims(found: argparse.ArgumentParser) -> None:
    found.add_argument("--dim", action="append", default=[], metavar="NAME=NUMBER", help="of an open dimension")


def _in_project(found: argparse.ArgumentParser) -> None:
    found.add_argument("--project", required=True, help="name or id")


def _work(verb: Any) -> None:
    for kind, text in (("compile", "compile a network"), ("simulate", "run a network on an accelerator's RTL")):
        work = verb(kind, text)
        work.add_argument("network", metavar="NETWORK", help="a network's id")
        work.add_argument("accelerator", metavar="ACCELERATOR", help="a preset's name, or an id")
        _quantising(work)
        _waiting(work)
        if kind == "simulate":
            work.add_argument("--inputs", metavar="DATA", help="id of a data file to run")
            work.add_argument("--count", type=int, help="how many inputs to run")
            work.add_argument("--energy-table", metavar="NAME")
            work.add_argument("--trace", action="store_true", help="keep a wave dump as artifact `wave`")
            work.add_argument("--simulator", choices=["rtl", "null"], help="`null` measures nothing")
    evaluate = verb("evaluate", "accuracy of a network on labelled images, float and int8")
    evaluate.add_argument("network", metavar="NETWORK", help="a network's id")
    evaluate.add_argument("inputs", metavar="DATA", help="id of a data file with images and, under `label`, classes")
    _quantising(evaluate)
    evaluate.add_argument("--count", type=int, help="only so many images")
    _waiting(evaluate)
    elaborate = verb("elaborate", "generate an accelerator's Verilog")
    elaborate.add_argument("accelerator", metavar="ACCELERATOR", help="a preset's name, or an id")
    _in_project(elaborate)
    _waiting(elaborate)


def _quantising(work: argparse.ArgumentParser) -> None:
    work.add_argument("--calibration", metavar="DATA", help="id of a data file with typical inputs")
    work.add_argument("--scales", choices=["general", "power-of-two"])
    methods = ["auto", "min-max", "percentile", "entropy", "least-error"]
    work.add_argument("--calibration-method", choices=methods, help="how ranges are chosen from calibration data")


def _waiting(work: argparse.ArgumentParser) -> None:
    work.add_argument("--name", default="", help="what to call the job")
    work.add_argument("--wait", action="store_true", help="until it is over")


def _runs(verbs: Any, verb: Any) -> None:
    runs = verbs.add_parser("runs", help="many simulations at once").add_subparsers(required=True, metavar="VERB")
    _in_project(verb("list", "a project's runs, newest first", to=runs, called="runs list"))
    made = verb("simulate", "every network on every accelerator, all or none", to=runs, called="runs simulate")
    made.add_argument("networks", nargs="+", metavar="NETWORK", help="ids")
    made.add_argument("--on", action="append", required=True, metavar="ACCELERATOR", help="once for each")
    made.add_argument("--name", required=True, help="what to call the run")
    made.add_argument("--calibration", metavar="DATA", help="id of a data file with typical inputs")
    made.add_argument("--inputs", metavar="DATA", help="id of a data file to run")
    made.add_argument("--count", type=int, help="how many inputs to run")
    made.add_argument("--simulator", choices=["rtl", "null"], help="`null` measures nothing")
    for name, text in (
        ("show", "how many of its jobs are in which state"),
        ("wait", "until all are over"),
        ("cancel", "end all of them"),
    ):
        verb(name, text, to=runs, called=f"runs {name}").add_argument("run", metavar="RUN")


def _jobs(verbs: Any, verb: Any) -> None:
    jobs = verbs.add_parser("jobs", help="jobs").add_subparsers(required=True, metavar="VERB")
    listed = verb("list", "jobs, newest first", to=jobs, called="jobs list")
    for name in ("project", "state", "kind", "network", "accelerator", "run"):
        listed.add_argument(f"--{name}")
    listed.add_argument("--limit", type=int, default=50, help="how many at most; 50")
    texts = {
        "show": "a job as it is; a simulation's figures with their origins",
        "wait": "wait until it is over",
        "cancel": "end it with all its processes",
        "retry": "the same again as a new job",
        "download": "fetch a file that it made",
        "logs": "its log, until it is over",
        "analysis": "where a simulation's cycles went, what bounds each layer, and which change would help",
    }
    for name, text in texts.items():
        made = verb(name, text, to=jobs, called=f"jobs {name}")
        made.add_argument("job", metavar="JOB")
        if name == "wait":
            made.add_argument("--timeout", type=float, metavar="SECONDS")
        if name == "download":
            made.add_argument("artifact", metavar="NAME", help="such as program, listing, report, outputs")
            made.add_argument("--to", default=".", metavar="PLACE", help="a file or folder; here unless given")
