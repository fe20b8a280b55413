"""`python -m mlservice plan`, `explain` and `apply`: a cut as data, in words, and done."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.errors import InputError
from mlservice.cli.subject import accelerator_of, cost_arguments, network_of, subject_arguments
from mlservice.datasets import named

if TYPE_CHECKING:
    from mlservice.pruning.plan import Plan
    from mlservice.pruning.trace import Traced


def plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `plan`."""
    _subject(parser)
    cost_arguments(parser)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--latency-ms", type=float, help="predicted for one image, at most")
    budget.add_argument("--energy-mj", type=float, help="predicted for one image, at most")
    parser.add_argument(
        "--by",
        choices=["l1", "gamma"],
        default="l1",
        help="l1: the same share of every layer, smallest filters first; gamma: the smallest scales of normalisations of all layers"
        " (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, required=True, help="the plan, JSON")


def explain_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `explain`."""
    parser.add_argument("plan", type=Path, help="written by `plan`")


def apply_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `apply`."""
    parser.add_argument("plan", type=Path, help="written by `plan`; may have been edited since")
    _subject(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for network.onnx, network.pt and network.py")


def write(options: argparse.Namespace) -> int:
    """Choose channels of a trained network and write the plan."""
    import numpy as np  # noqa: PLC0415  # with the others below

    from mlservice.predictors.registry import Registry  # noqa: PLC0415
    from mlservice.pruning.channels import Channels  # noqa: PLC0415  # torch takes seconds to import
    from mlservice.pruning.liveness import Choice  # noqa: PLC0415
    from mlservice.pruning.metrics import costs_of  # noqa: PLC0415
    from mlservice.pruning.plan import explain, plan_of  # noqa: PLC0415
    from mlservice.pruning.spaces import Adds  # noqa: PLC0415
    from mlservice.training.methods.criteria import UniformL1, gammas  # noqa: PLC0415

    accelerator = accelerator_of(options.accelerator)
    costs = costs_of(options.cost, accelerator, Registry(options.registry))
    metric = "latency_ms" if options.latency_ms is not None else "energy_mj"
    channels = Channels(_traced(options)[0], costs[metric])
    order = UniformL1().order(channels) if options.by == "l1" else np.argsort(gammas(channels), kind="stable")
    gates = channels.in_order(order, options.latency_ms if options.latency_ms is not None else options.energy_mj)
    plan = plan_of(channels.traced, Adds.SHARED, Choice(gates, {}), costs, accelerator.rows)
    options.out.write_text(plan.to_json())
    print(explain(plan))
    return 0


def tell(options: argparse.Namespace) -> int:
    """Print a plan in words."""
    from mlservice.pruning.plan import explain  # noqa: PLC0415  # torch takes seconds to import

    print(explain(_read(options.plan)))
    return 0


def cut(options: argparse.Namespace) -> int:
    """Cut a network by a plan."""
    import torch  # noqa: PLC0415  # takes seconds to import

    from mlservice.export import export_onnx, source_of  # noqa: PLC0415  # as above
    from mlservice.pruning.plan import apply_plan  # noqa: PLC0415  # as above

    traced, image_shape = _traced(options)
    small = apply_plan(_read(options.plan), traced)
    options.out.mkdir(parents=True, exist_ok=True)
    export_onnx(small, image_shape, options.out / "network.onnx")
    torch.save(small.state_dict(), options.out / "network.pt")
    (options.out / "network.py").write_text(source_of(small))
    print(f"{sum(p.numel() for p in small.parameters()):,} parameters are left; see {options.out}")
    return 0


def _subject(parser: argparse.ArgumentParser) -> None:
    subject_arguments(parser)
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="the trained network's state dict, by torch.save"
    )


def _traced(options: argparse.Namespace) -> "tuple[Traced, tuple[int, int, int]]":
    from pickle import UnpicklingError  # noqa: PLC0415  # of torch.load, which runs no code with weights_only

    import torch  # noqa: PLC0415  # takes seconds to import

    from mlservice.pruning.trace import trace  # noqa: PLC0415  # as above

    dataset = named(options.data, options.image_size)
    network = network_of(options.network, dataset, seed=0)
    try:
        network.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    except UnpicklingError as error:
        raise InputError(
            f"{options.checkpoint} is no file of weights: give the network.pt that torch.save wrote of a state dict"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{options.checkpoint} does not hold weights of {options.network}: {error}") from error
    return trace(network.eval(), dataset.image_shape), dataset.image_shape


def _read(path: Path) -> "Plan":
    from mlservice.pruning.plan import Plan  # noqa: PLC0415  # as above

    try:
        return Plan.from_json(path.read_text())
    except OSError as error:
        raise InputError(f"the plan {path} cannot be read: {error.strerror}") from error
