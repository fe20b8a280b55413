"""A network that fits its accelerator, by one command against a workspace: trained dense, then pruned to half its latency in one session.

    export PROPRUNN_URL=http://127.0.0.1:8100 PROPRUNN_TOKEN=…
    python prune_my_network.py --network resnet8 --data digits --epochs 8

It trains the dense network, measures it on the RTL, asks what is reachable, has the network shape itself within half of that latency in a session
of the same length, simulates what came out on the RTL once more, and prints both side by side. `--data FILE.npz` takes images of your
own (docs/training.md). Needs nothing but the client.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proprunn import Client, DataFile, Job, NotFoundError, Project, Session, Simulation
from rich.console import Console
from rich.table import Table


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the whole way; 0 where the RTL says that the budget is kept, bit for bit."""
    chosen = parser().parse_args(arguments)
    with Client() as client:
        project = project_of(client, chosen.project)
        data = data_of(client, project, chosen.data)
        training = {"network": chosen.network, "data": data, "epochs": chosen.epochs, "seed": chosen.seed}
        training |= {"training_images": chosen.training_images, "batch_images": chosen.batch_images}
        dense = done(client.submit_train_job(project, **training, name="dense"))
        before = simulated(client, project, dense, chosen.accelerator)
        budget = chosen.latency_ms or before.latency_ms / 2
        for row in client.reachable(project, network=chosen.network, data=data, accelerator=chosen.accelerator):
            print(f"  {row.name:6} {row.latency_ms:8.4f} ms {row.energy_mj:8.4f} mJ {row.params:9,} parameters")
        wanted = {"accelerator": chosen.accelerator, "method": chosen.method, "latency_ms": budget}
        pruned = done(client.submit_prune_job(project, **training, **wanted, dense=dense, name="pruned"))
        after = simulated(client, project, pruned, chosen.accelerator)
        if chosen.out is not None:
            chosen.out.mkdir(parents=True, exist_ok=True)
            print("kept:", *(pruned.download(name, chosen.out) for name in ("network", "program", "history")))
    Console().print(table((dense.session(), before), (pruned.session(), after), budget))
    return 0 if after.bit_exact and after.latency_ms <= 1.02 * budget else 1


def parser() -> argparse.ArgumentParser:
    """Of the command."""
    found = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    found.add_argument("--network", default="resnet8", help="`proprunn training` lists all (%(default)s)")
    found.add_argument("--data", default="digits", metavar="NAME|FILE.npz", help="%(default)s unless given")
    found.add_argument("--accelerator", default="pynq-8x32", help="%(default)s unless given")
    found.add_argument("--latency-ms", type=float, help="half of the dense network's unless given")
    found.add_argument("--method", default="priced-gates", help="`proprunn training` lists all (%(default)s)")
    found.add_argument("--epochs", type=int, default=8, help="of each session (%(default)s)")
    found.add_argument("--seed", type=int, default=0, help="%(default)s unless given")
    found.add_argument("--training-images", type=int, help="only the first so many")
    found.add_argument("--batch-images", type=int, default=64, help="of a step (%(default)s)")
    found.add_argument("--project", default="Pruned", help="made where there is none (%(default)s)")
    found.add_argument("--out", type=Path, metavar="DIR", help="where network, program and history go")
    return found


def project_of(client: Client, name: str) -> Project:
    """The project of that name, made where there is none."""
    try:
        return client.project(name)
    except NotFoundError:
        return client.create_project(name)


def data_of(client: Client, project: Project, data: str) -> str | DataFile:
    """A name, or images of one's own, which are uploaded."""
    return client.upload_data(data, project, use="training") if data.endswith(".npz") else data


def done(job: Job) -> Job:
    """Wait for a job; its failure ends the program."""
    print(job.url)
    if not job.wait().success:
        sys.exit(f"it {job.state}: {(job.failure or {'message': 'somebody ended it'})['message']}")
    return job


def simulated(client: Client, project: Project, session: Job, accelerator: str) -> Simulation:
    """One image of the network that a session made, on the RTL."""
    network = client.network(str(session.session().network_id))
    with tempfile.TemporaryDirectory() as folder:
        calibration = client.upload_data(session.download("calibration", folder), project, f"of {session.id}")
    return done(client.submit_simulate_job(network, accelerator, calibration=calibration)).download_report()


def table(dense: tuple[Session, Simulation], pruned: tuple[Session, Simulation], budget: float) -> Table:
    """Both networks side by side, and what of each figure is left."""
    found = Table(
        "", "dense", "pruned", "of dense", title=f"{dense[0].network} on {dense[0].data}, {budget:.4g} ms allowed"
    )
    for name, digits in (("latency_ms", 4), ("energy_mj", 4), ("cycles", 0), ("macs", 0)):
        row(found, name, getattr(dense[1], name), getattr(pruned[1], name), digits)
    row(found, "parameters", dense[0].params, pruned[0].params, 0)
    found.add_row("float accuracy", f"{dense[0].accuracy_float:.2%}", f"{pruned[0].accuracy_float:.2%}")
    found.add_row("int8 accuracy", "", f"{pruned[0].accuracy_int8:.2%}")
    return found


def row(found: Table, name: str, dense: Any, pruned: Any, digits: int) -> None:
    """One figure of both."""
    found.add_row(name.replace("_", ", "), f"{dense:,.{digits}f}", f"{pruned:,.{digits}f}", f"{pruned / dense:.1%}")


if __name__ == "__main__":
    sys.exit(main())
