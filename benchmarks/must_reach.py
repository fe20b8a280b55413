"""Figures that the accelerator and its compiler must reach, each measured on the RTL: `python -m benchmarks.must_reach [ROW ...]`."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from benchmarks import zoo
from contracts import expert
from contracts.accelerator import PRESETS, Accelerator
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.frontend import load_network, quantise
from hwservice.ir.program import Program
from hwservice.ir.quantised import Operator, QuantisedNetwork
from hwservice.simulators import simulate

PYNQ = PRESETS["pynq-8x32"]


@dataclass(frozen=True)
class Figure:
    """One network on one accelerator."""

    program: Program
    cycles: int
    exact: bool
    compile_s: float
    simulate_s: float

    @property
    def utilisation(self) -> float:
        """Useful multiply-accumulates over cycles x cells."""
        return self.program.macs / (self.cycles * self.program.accelerator.cells)

    @property
    def bound(self) -> int:
        """The list-length bound, in cycles."""
        return sum(mark.bound_cycles for mark in self.program.marks)

    @property
    def expert_error(self) -> float:
        """Expert model against the RTL, relative."""
        return sum(expert.cycles(self.program.shape, self.program.accelerator)) / self.cycles - 1

    def __str__(self) -> str:
        return (
            f"{self.cycles:,} cycles, utilisation {self.utilisation:.3f}, {self.cycles / self.bound - 1:+.1%} over the list bound, "
            f"expert {self.expert_error:+.1%}, {'bit-exact' if self.exact else 'WRONG'}, compiled {self.compile_s:.1f} s, "
            f"simulated {self.simulate_s:.1f} s ({self.cycles / self.simulate_s / 1e6:.2f} M cycles/s)"
        )


def quantised(model: onnx.ModelProto) -> QuantisedNetwork:
    """The integer network, with two random images for calibration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{model.graph.name}.onnx"
        onnx.save(model, path)
        graph = load_network(path)
    images = np.random.default_rng(1).standard_normal((2, *graph.input_shape)).astype(np.float32)
    return quantise(graph, images)


def measure(model: onnx.ModelProto | QuantisedNetwork, accelerator: Accelerator = PYNQ) -> Figure:
    """Compile, simulate, compare with the integer model."""
    started = time.perf_counter()
    network = quantised(model) if isinstance(model, onnx.ModelProto) else model
    program = compile_network(network, accelerator)
    compiled = time.perf_counter()
    t = network.input
    image = np.random.default_rng(2).integers(0, 256, (1, t.channels, t.height, t.width)).astype(np.uint8)
    result = simulate(program, image)
    golden = integer_model.run(network, image)
    exact = all(np.array_equal(golden[name][0].ravel(), found.ravel()) for name, found in result.outputs[0].items())
    return Figure(program, int(result.cycles[0]), exact, compiled - started, result.wall_s)


def resnet8() -> None:
    """Dense ResNet-8: at most 52,000 cycles, utilisation at least 0.94."""
    print(measure(zoo.resnet8()))


def resnet18() -> None:
    """ResNet-18 at 224: utilisation at least 0.85; compiled in 20 s, simulated in 20 s."""
    print(measure(zoo.resnet18()))


def mobile() -> None:
    """MobileNetV1-0.25 at 96: under 105,000 cycles; DS-CNN: under 25,000."""
    print("MobileNetV1-0.25:", measure(zoo.mobilenet_v1()))
    print("DS-CNN:", measure(zoo.ds_cnn()))


def others() -> None:
    """DenseNet-like concatenations and unequal residuals: bit-exact, expert within 3 %."""
    print("DenseNet:", measure(zoo.densenet_small()))
    print("unequal ResNet-8:", measure(zoo.unequal_resnet8()))
    print("ResNet-20:", measure(zoo.resnet20()))
    print("ResNet-8, square-16x16:", measure(zoo.resnet8(), PRESETS["square-16x16"]))


def half() -> None:
    """ResNet-20, 30 networks with random counts around 50 %: at least 0.75 of the MAC reduction becomes speed."""
    dense, kept, errors = measure(zoo.resnet20()), [], []
    for seed in range(30):
        r = np.random.default_rng(seed)
        widths = tuple(_around(r, w) for w in (16, 32, 64))
        cuts = {f"stage{s}.{b}.conv1": _around(r, (16, 32, 64)[s - 1]) for s in (1, 2, 3) for b in (0, 1, 2)}
        f = measure(zoo.resnet20(widths=widths, cuts=cuts))
        assert f.exact
        kept.append((dense.cycles / f.cycles) / (dense.program.macs / f.program.macs))
        errors.append(abs(f.expert_error))
    print(f"kept: mean {np.mean(kept):.3f}, least {min(kept):.3f}; expert off by at most {max(errors):.1%}")


def _around(r: np.random.Generator, width: int) -> int:
    return int(np.clip(round(width * r.normal(0.5, 0.15)), 1, width))


def counts() -> None:
    """ResNet-8, every layer cut to a random count: at most 5 % above the list-length bound."""
    over, errors = [], []
    for seed in range(20):
        r = np.random.default_rng(100 + seed)
        widths = tuple(int(r.integers(1, w + 1)) for w in (16, 32, 64))
        cuts = {f"stage{s}.0.conv1": int(r.integers(1, (16, 32, 64)[s - 1] + 1)) for s in (1, 2, 3)}
        f = measure(zoo.resnet8(widths=widths, cuts=cuts))
        assert f.exact
        over.append(f.cycles / f.bound - 1)
        errors.append(abs(f.expert_error))
    share = np.mean(np.asarray(over) <= 0.05)
    print(f"over the bound: median {np.median(over):.1%}, greatest {max(over):.1%}, {share:.0%} of networks within 5 %")
    print(f"expert off by at most {max(errors):.1%}")


def vectors() -> None:
    """Half of the weight vectors removed at random: at most 0.56 of the dense cycles."""
    network = quantised(zoo.resnet8())
    dense, pruned = measure(network), measure(without_vectors(network, 0.5))
    print(f"{pruned.cycles / dense.cycles:.3f} of dense; {pruned}")


def without_vectors(network: QuantisedNetwork, share: float, rows: int = 8) -> QuantisedNetwork:
    """A share of the vectors (input channel, kernel position) of each group of filters set to zero, biases kept."""
    r = np.random.default_rng(3)
    layers = []
    for whole in network.layers:
        layer = whole
        if layer.operator is Operator.CONV and layer.weights is not None and layer.groups == 1:
            keep = r.random((-(-layer.filters // rows), *layer.weights.shape[1:])) >= share
            layer = replace(layer, weights=layer.weights * np.repeat(keep, rows, axis=0)[: layer.filters])
        layers.append(layer)
    return replace(network, layers=tuple(layers))


ROWS: dict[str, Callable[[], None]] = {
    f.__name__: f for f in (resnet8, mobile, others, vectors, counts, half, resnet18)
}


def main(names: list[str]) -> None:
    """Run the named rows, all where none is named."""
    for name in names or ROWS:
        print(f"\n{name}: {ROWS[name].__doc__}", flush=True)
        ROWS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
