"""From an accelerator's parameters to a predictor of what networks cost on it, by one command against a workspace.

    export PROPRUNN_URL=http://127.0.0.1:8100 PROPRUNN_TOKEN=…
    python predictor_for_my_accelerator.py --rows 16 --lanes 16 --clock-mhz 150 --networks 400

It describes the accelerator in a project, simulates many pruned networks whole on its RTL (a campaign), fits a predictor, prints its
scores beside the closed form's, asks it about a network, and gets the same value from the ONNX file alone. Needs onnxruntime and
numpy beside the client.
"""

import argparse
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from proprunn import Campaign, Client, Job, NotFoundError, Prediction, Predictor, Project

PARAMETERS = {
    **{"rows": int, "lanes": int, "bank_depth": int, "vector_depth": int, "list_depth": int, "record_depth": int},
    **{"dram_bytes": int, "dram_latency": int, "clock_mhz": float, "board": str, "dram": str},
}
"""Those of an accelerator that the command takes; what is not given has the workspace's default (docs/accelerator.md)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the whole way; 0 where the ONNX file says what the predictor says."""
    chosen = parser().parse_args(arguments)
    with Client() as client:
        project = project_of(client, chosen.project)
        fields = {name: getattr(chosen, name) for name in PARAMETERS if getattr(chosen, name) is not None}
        accelerator = client.create_accelerator(project, chosen.name, {**fields, "name": chosen.name})
        print(f"accelerator {accelerator.name}: {accelerator.cells} cells, {accelerator.on_chip_bytes} bytes on chip")
        campaign = client.submit_campaign(
            definition(chosen, accelerator.id), project, name=chosen.name, simulator=chosen.simulator
        )
        done(campaign)
        fit = client.submit_fit_predictor_job(project, campaign, chosen.name, target=chosen.target, kind=chosen.kind)
        done(fit)
        predictor = client.predictor(fit.id)
        show(predictor)
        said = ask(client, project, predictor, accelerator.id, chosen)
        offline = by_onnx(predictor, said, chosen.out)
    print(f"the ONNX file alone: {offline:.6g} {said.unit}")
    return 0 if np.isclose(offline, said.value, rtol=1e-4) else 1


def parser() -> argparse.ArgumentParser:
    """Of the command."""
    found = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, kind in PARAMETERS.items():
        found.add_argument(f"--{name.replace('_', '-')}", type=kind, help="of the accelerator")
    found.add_argument("--name", default="my-accelerator", help="of accelerator and predictor (%(default)s)")
    found.add_argument("--project", default="My accelerator", help="made where there is none (%(default)s)")
    found.add_argument("--networks", type=int, default=400, help="how many to simulate (%(default)s)")
    found.add_argument("--size", type=int, default=32, help="height and width of their inputs (%(default)s)")
    found.add_argument("--width", type=int, default=16, help="filters of their first layer, unpruned (%(default)s)")
    found.add_argument("--target", choices=["latency", "energy"], default="latency", help="%(default)s unless given")
    found.add_argument("--kind", default="hybrid", help="of predictor (%(default)s); docs/predictors.md lists all")
    found.add_argument("--ask", type=Path, metavar="NETWORK.onnx", help="a network to ask about, and to simulate")
    found.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the predictor goes (here)")
    found.add_argument("--simulator", choices=["rtl", "null"], help="`null` measures nothing; for tests")
    return found


def project_of(client: Client, name: str) -> Project:
    """The project of that name, made where there is none."""
    try:
        return client.project(name)
    except NotFoundError:
        return client.create_project(name)


def definition(chosen: argparse.Namespace, accelerator: str) -> dict[str, Any]:
    """Families of networks, pruned at random in widths and weight vectors; one family is kept back to see how far scores carry.

    docs/campaigns.md describes every field: draw the networks that you care about.
    """
    width, inputs = chosen.width, [[3, chosen.size, chosen.size]]
    bases: dict[str, dict[str, Any]] = {
        "resnet": {"widths": [width, 2 * width, 4 * width], "blocks": [1, 1, 1]},
        "plain": {"widths": [width, 2 * width, 4 * width], "strides": [1, 2, 2]},
        "mobilenet_v1": {"widths": [width, 2 * width, 4 * width], "strides": [1, 2, 1]},
    }
    each = -(-chosen.networks // len(bases))
    parts = [
        {"family": family, "count": each, "inputs": inputs, "bases": [base], "vectors": 0.2}
        for family, base in bases.items()
    ]
    return {"name": chosen.name, "accelerators": [accelerator], "held_out": {"family": "mobilenet_v1"}, "part": parts}


def done(work: Job | Campaign) -> None:
    """Wait for a job or a campaign; its failure ends the program."""
    print(work.url)
    if not work.wait().success:
        failure = work.to_mapping().get("failure") or {"message": "somebody ended it"}
        sys.exit(f"it {work.state}: {failure['message']}")


def show(predictor: Predictor) -> None:
    """Scores of all kinds, on networks that were not fitted to."""
    print(f"predictor {predictor.name}@{predictor.version}: {predictor.url}")
    for line in sorted(predictor.evaluation()["compared"], key=lambda line: (line["split"], line["all"]["mape"])):
        scores = line["all"]
        print(
            f"  {line['split']:12} {line['kind']:8} {scores['rows']:5} networks, MAPE {scores['mape']:7.2f} %, "
            f"{100 * scores['within_5']:5.1f} % within 5 %"
        )


def ask(
    client: Client, project: Project, predictor: Predictor, accelerator: str, chosen: argparse.Namespace
) -> Prediction:
    """What a network should cost: the ONNX file's, which is simulated for comparison, or one of two layers."""
    network: Any = two_layers(chosen.size, chosen.width)
    if chosen.ask is not None:
        network = client.upload_network(chosen.ask, project)
        done(client.submit_simulate_job(network, accelerator, simulator=chosen.simulator))
    said = predictor.predict([network], accelerator, inputs=True)[0]
    unsure = "; unlike the networks that were simulated" if said.outside else ""
    print(f"predicted: {said.value:.6g} {said.unit}, 90 % in {said.low:.6g} to {said.high:.6g}{unsure}")
    print(f"closed form: {said.expert:.6g} {said.unit}")
    if said.measured is not None:
        print(f"{said.measured['origin']}: {said.measured['value']:.6g} {said.unit}")
    return said


def two_layers(size: int, width: int) -> dict[str, Any]:
    """A convolution and a classifier, without weights."""
    convolution = {
        "name": "conv",
        "operator": "conv",
        "wires": ["input"],
        "filters": 2 * width,
        "kernel": 3,
        "padding": 1,
    }
    pool = {"name": "pool", "operator": "global", "wires": ["conv"], "filters": 2 * width, "norm": False, "relu": False}
    classifier = {"name": "out", "operator": "linear", "wires": ["pool"], "filters": 10, "norm": False, "relu": False}
    return {"version": 1, "input": [3, size, size], "layers": [convolution, pool, classifier]}


def by_onnx(predictor: Predictor, said: Prediction, folder: Path) -> float:
    """The same value from the downloaded zip alone: no workspace, no CatBoost."""
    file = predictor.download(folder / f"{predictor.name}-{predictor.version}.zip")
    print(f"kept: {file}")
    with zipfile.ZipFile(file) as archive:
        session = onnxruntime.InferenceSession(archive.read("model.onnx"))
    assert said.inputs is not None
    logs = session.run(None, {"features": np.asarray(said.inputs["features"], np.float32)})[0]
    return float((np.exp(np.ravel(logs)) * said.inputs["scales"]).sum())


if __name__ == "__main__":
    sys.exit(main())
