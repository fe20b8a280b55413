"""The verbs about predictors."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from proprunn.cli import show
from proprunn.client import Client
from proprunn.errors import NotFoundError
from proprunn.jobs import Job
from proprunn.predictors import Predictor

_SCORES: Final = ("mape", "within_5", "kendall", "coverage")


def arguments(verbs: Any, verb: Any) -> None:
    """Of `proprunn predictors …`."""
    own = verbs.add_parser("predictors", help="predictors of latency and energy").add_subparsers(
        required=True, metavar="VERB"
    )
    listed = verb("list", "a project's predictors with their scores", to=own, called="predictors list")
    fit = verb("fit", "fit one to a completed campaign, as a job", to=own, called="predictors fit")
    fit.add_argument("campaign", metavar="CAMPAIGN", help="id of a completed campaign")
    for found in (listed, fit):
        found.add_argument("--project", required=True, help="name or id")
    fit.add_argument("--name", required=True, help="what to call it: lower-case letters, digits and dashes")
    for name, text in (
        ("kind", "hybrid unless given; docs/predictors.md lists all"),
        ("target", "latency unless given, or energy"),
        ("split", "what is kept back to score it: random unless given; all keeps back nothing"),
    ):
        fit.add_argument(f"--{name}", help=text)
    fit.add_argument(
        "--compare", nargs="*", metavar="KIND", help="kinds to judge beside it; none after the option for none"
    )
    fit.add_argument("--no-curve", action="store_true", help="leave out the learning curve, which takes several fits")
    fit.add_argument("--wait", action="store_true", help="until it is over")
    texts = {
        "show": "its scores, and all kinds beside it by split",
        "predict": "what networks should cost, with intervals",
        "download": "fetch it: CatBoost's own format, ONNX, JSON",
        "delete": "delete its files",
    }
    for name, text in texts.items():
        made = verb(name, text, to=own, called=f"predictors {name}")
        made.add_argument("predictor", metavar="PREDICTOR", help="its id")
        if name == "predict":
            made.add_argument("networks", nargs="+", metavar="NETWORK", help="ids of networks or versions")
            made.add_argument("--on", default="pynq-8x32", metavar="ACCELERATOR", help="a preset's name, or an id")
            made.add_argument("--target", help="throughput of a predictor of latency")
        if name == "download":
            made.add_argument("--to", default=".", metavar="PLACE", help="a file or folder; here unless given")


def _list(chosen: Namespace, client: Client) -> bool:
    rows = [predictor.to_mapping() for predictor in client.predictors(chosen.project)]
    if not chosen.json:
        rows = [{**row, **_of_all(row["scores"])} for row in rows]
    show.table(chosen, rows, ("id", "name", "version", "kind", "target", "split", *_SCORES))
    return True


def _of_all(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {name: scores["all"][name] for name in _SCORES} if scores else {}


def fit(chosen: Namespace, client: Client) -> Job:
    """Submit what the command says."""
    names = ("kind", "target", "split", "compare")
    given = {name: getattr(chosen, name) for name in names}
    curve = False if chosen.no_curve else None
    return client.submit_fit_predictor_job(chosen.project, chosen.campaign, chosen.name, curve=curve, **given)


def _show(chosen: Namespace, client: Client) -> bool:
    found = client.predictor(chosen.predictor)
    compared = _compared(found)
    if chosen.json:
        show.document(chosen, {**found.to_mapping(), "compared": compared, "page": found.url}, "")
        return True
    print(f"{found.name}@{found.version}: {found.kind} of {found.target}\n{found.url}")
    rows = [
        {"split": line["split"], "kind": line["kind"], "rows": line["all"]["rows"], **_of_all(line)}
        for line in compared
    ]
    show.table(chosen, sorted(rows, key=lambda row: (row["split"], row["mape"])), ("split", "kind", "rows", *_SCORES))
    return True


def _compared(found: Predictor) -> list[dict[str, Any]]:
    try:
        lines: list[dict[str, Any]] = found.evaluation()["compared"]
    except NotFoundError:
        return []
    return lines


def _predict(chosen: Namespace, client: Client) -> bool:
    said = client.predictor(chosen.predictor).predict(chosen.networks, chosen.on, target=chosen.target)
    rows = [{"network": network, **asdict(one)} for network, one in zip(chosen.networks, said, strict=True)]
    if not chosen.json:
        rows = [{**row, "measured": row["measured"]["value"] if row["measured"] else None} for row in rows]
    show.table(chosen, rows, ("network", "value", "low", "high", "unit", "outside", "expert", "measured"))
    return True


def _download(chosen: Namespace, client: Client) -> bool:
    file = client.predictor(chosen.predictor).download(chosen.to)
    show.document(chosen, {"file": str(file)}, str(file))
    return True


def _delete(chosen: Namespace, client: Client) -> bool:
    client.predictor(chosen.predictor).delete()
    show.document(chosen, {"deleted": chosen.predictor}, f"{chosen.predictor} is deleted")
    return True


PREDICTOR_VERBS: Final[Mapping[str, Callable[[Namespace, Client], bool]]] = {
    "predictors list": _list,
    "predictors show": _show,
    "predictors predict": _predict,
    "predictors download": _download,
    "predictors delete": _delete,
}
"""By the verb's words; `predictors fit` submits a job, as others do."""
