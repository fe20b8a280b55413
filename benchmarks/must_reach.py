"""Figures that must be reached, each measured on the RTL, against their limits: `python -m benchmarks.must_reach [ROW ...]`.

The exit status is 1 where one is not reached.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from benchmarks import zoo
from benchmarks.small_network import time_report
from contracts import expert
from contracts.accelerator import PRESETS, Accelerator
from contracts.isa import Counter
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.frontend import load_network, quantise
from hwservice.ir.program import Program
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Source
from hwservice.simulators import simulate

PYNQ = PRESETS["pynq-8x32"]


@dataclass(frozen=True)
class Reached:
    """A figure and its limit; `at_least` says on which side it must be."""

    what: str
    figure: float
    limit: float
    at_least: bool = False

    @property
    def good(self) -> bool:
        """Whether it is reached."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        side = ">=" if self.at_least else "<="
        verdict = "reached" if self.good else "NOT REACHED"
        return f"{self.what:<58} {self.figure:>13,.4g}  {side} {self.limit:<10,.4g} {verdict}"


Row = Iterator[Reached]


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


def general(name: str, f: Figure) -> Row:
    """What holds for every network: outputs identical, the expert within 3 %."""
    print(f"  {name}: {f}", flush=True)
    yield Reached(f"{name}: outputs that differ", float(not f.exact), 0)
    yield Reached(f"{name}: expert against RTL, %", 100 * abs(f.expert_error), 3)


def resnet8() -> Row:
    """Dense ResNet-8."""
    f = measure(zoo.resnet8())
    yield from general("ResNet-8", f)
    yield Reached("ResNet-8: cycles", f.cycles, 52_000)
    yield Reached("ResNet-8: utilisation", f.utilisation, 0.94, at_least=True)


def resnet18() -> Row:
    """ResNet-18 at 224 x 224, the whole network."""
    f = measure(zoo.resnet18())
    yield from general("ResNet-18", f)
    yield Reached("ResNet-18: utilisation", f.utilisation, 0.85, at_least=True)
    yield Reached("ResNet-18: compiled, s", f.compile_s, 20)
    yield Reached("ResNet-18: simulated, s", f.simulate_s, 20)


def mobile() -> Row:
    """Depthwise networks."""
    mobilenet, ds_cnn = measure(zoo.mobilenet_v1()), measure(zoo.ds_cnn())
    yield from general("MobileNetV1-0.25", mobilenet)
    yield from general("DS-CNN", ds_cnn)
    yield Reached("MobileNetV1-0.25: cycles", mobilenet.cycles, 105_000)
    yield Reached("DS-CNN: cycles", ds_cnn.cycles, 25_000)


def others() -> Row:
    """The other networks of the test set."""
    yield from general("DenseNet-like", measure(zoo.densenet_small()))
    yield from general("unequal ResNet-8", measure(zoo.unequal_resnet8()))
    yield from general("ResNet-20", measure(zoo.resnet20()))
    yield from general("ResNet-8, square-16x16", measure(zoo.resnet8(), PRESETS["square-16x16"]))


def half() -> Row:
    """ResNet-20 with every channel count random around 50 %, 30 networks."""
    dense, kept, errors, wrong = measure(zoo.resnet20()), [], [], 0
    for seed in range(30):
        r = np.random.default_rng(seed)
        widths = tuple(_around(r, w) for w in (16, 32, 64))
        cuts = {f"stage{s}.{b}.conv1": _around(r, (16, 32, 64)[s - 1]) for s in (1, 2, 3) for b in (0, 1, 2)}
        f = measure(zoo.resnet20(widths=widths, cuts=cuts))
        wrong += not f.exact
        kept.append((dense.cycles / f.cycles) / (dense.program.macs / f.program.macs))
        errors.append(abs(f.expert_error))
    print(f"  share of the MAC reduction that became speed: mean {np.mean(kept):.3f}, least {min(kept):.3f}")
    yield Reached("random ResNet-20: networks with outputs that differ", wrong, 0)
    yield Reached("random ResNet-20: MAC reduction that becomes speed, mean", float(np.mean(kept)), 0.75, at_least=True)
    yield Reached("random ResNet-20: expert against RTL, greatest, %", 100 * max(errors), 3)


def _around(r: np.random.Generator, width: int) -> int:
    return int(np.clip(round(width * r.normal(0.5, 0.15)), 1, width))


def counts() -> Row:
    """ResNet-8, every layer cut to a random count, 20 networks."""
    over, errors, wrong = [], [], 0
    for seed in range(20):
        r = np.random.default_rng(100 + seed)
        widths = tuple(int(r.integers(1, w + 1)) for w in (16, 32, 64))
        cuts = {f"stage{s}.0.conv1": int(r.integers(1, (16, 32, 64)[s - 1] + 1)) for s in (1, 2, 3)}
        f = measure(zoo.resnet8(widths=widths, cuts=cuts))
        wrong += not f.exact
        over.append(f.cycles / f.bound - 1)
        errors.append(abs(f.expert_error))
    share = np.mean(np.asarray(over) <= 0.05)
    print(
        f"  over the bound: median {np.median(over):.1%}, greatest {max(over):.1%}, {share:.0%} of networks within 5 %"
    )
    yield Reached("random ResNet-8: networks with outputs that differ", wrong, 0)
    yield Reached("random ResNet-8: over the list-length bound, median, %", 100 * float(np.median(over)), 5)
    yield Reached("random ResNet-8: over the list-length bound, greatest, %", 100 * max(over), 5)
    yield Reached("random ResNet-8: expert against RTL, greatest, %", 100 * max(errors), 3)


def vectors() -> Row:
    """Half of the weight vectors removed at random."""
    network = quantised(zoo.resnet8())
    dense, pruned = measure(network), measure(without_vectors(network, 0.5))
    yield from general("ResNet-8, half of its vectors", pruned)
    yield Reached("half of the vectors: cycles against dense", pruned.cycles / dense.cycles, 0.56)


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


def free() -> Row:
    """Layers behind a concatenation, a gather or an unequal add against the same layers without them."""
    for name, (with_it, without, layer) in free_pairs().items():
        mine, plain = (_layer_cycles(model, layer) for model in (with_it, without))
        print(f"  {name}: layer {layer} takes {mine:,} cycles, {plain:,} without, drains not counted", flush=True)
        yield Reached(f"{name}: extra cycles", mine - plain, 0)
    yield from free_networks()


def free_networks() -> Row:
    """Whole networks against the same convolutions without their adds or concatenations."""
    for name, network, without in (
        ("unequal ResNet-8, adds", quantised(zoo.unequal_resnet8()), without_adds),
        ("DenseNet-like, concatenations", quantised(zoo.densenet_small()), without_joins),
    ):
        mine, plain = (_network_cycles(n) for n in (network, without(network)))
        print(
            f"  {name}: {mine[0]:,} cycles, {plain[0]:,} without, drains not counted; drains held the array for "
            f"{mine[1]:,} and {plain[1]:,} cycles",
            flush=True,
        )
        yield Reached(f"{name}: extra cycles", mine[0] - plain[0], 0)


def without_adds(network: QuantisedNetwork) -> QuantisedNetwork:
    """The same convolutions, none of which adds a skip."""
    return replace(network, layers=tuple(replace(layer, skip=()) for layer in network.layers))


def without_joins(network: QuantisedNetwork) -> QuantisedNetwork:
    """The same convolutions, each of which reads as many channels of one map, over and over."""

    def alone(layer: Layer) -> Layer:
        first = network.tensors[layer.sources[0].tensor]
        return replace(layer, sources=tuple(Source(first.name, k % first.channels) for k in range(len(layer.sources))))

    return replace(network, layers=tuple(map(alone, network.layers)))


def _network_cycles(network: QuantisedNetwork) -> tuple[int, int]:
    """Cycles of a network on the RTL: without those in which the array waited for drains, and those."""
    t = network.input
    result = simulate(compile_network(network, PYNQ), np.zeros((1, t.channels, t.height, t.width), np.uint8))
    spent = result.counters[0]
    drains = int(spent[Counter.STALL_DRAIN] + spent[Counter.STALL_FENCE])
    return int(spent[Counter.CYCLES]) - drains, drains


def free_pairs() -> dict[str, tuple[onnx.ModelProto, onnx.ModelProto, str]]:
    """By name: a network with a pattern, the same without it, and the layer to compare."""

    def network(build: Callable[[zoo.Builder, str], str], stem: int) -> onnx.ModelProto:
        b = zoo.Builder((3, 32, 32))
        b.classify(b.cbr(build(b, b.cbr("input", "stem", stem)), "last", 16), 10)
        return b.model("pair", 10)

    def concat(b: zoo.Builder, x: str) -> str:
        return b.node("Concat", [b.cbr(x, name, 8) for name in "abc"], "joined", (24, 32, 32), axis=1)

    def gather(b: zoo.Builder, x: str) -> str:
        kept = b.constant("kept", np.array([0, 1, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15]))
        return b.node("Gather", [b.cbr(x, "full", 16), kept], "gathered", (13, 32, 32), axis=1)

    def unequal(b: zoo.Builder, x: str) -> str:
        narrow = b.norm(b.conv(x, "narrow", 11), "narrow.bn")
        pads = b.constant("pads", np.array([0, 2, 0, 0, 0, 3, 0, 0]))
        return b.add(b.node("Pad", [narrow, pads], "padded", (16, 32, 32)), x, "sum")

    return {
        "concatenation": (network(concat, 16), network(lambda b, x: b.cbr(x, "whole", 24), 16), "last"),
        "gather": (network(gather, 16), network(lambda b, x: b.cbr(x, "whole", 13), 16), "last"),
        "unequal add, reading": (network(unequal, 16), network(lambda b, x: b.cbr(x, "whole", 16), 16), "last"),
        "unequal add, adding": (network(unequal, 16), network(lambda b, x: b.cbr(x, "narrow", 11), 16), "narrow"),
    }


def _layer_cycles(model: onnx.ModelProto, layer: str) -> int:
    """Cycles of one layer on the RTL without those in which the array waited for drains."""
    network = quantised(model)
    program = compile_network(network, PYNQ)
    t = network.input
    result = simulate(program, np.zeros((1, t.channels, t.height, t.width), np.uint8))
    at = next(k for k, mark in enumerate(program.marks) if layer in mark.origin.split(", "))
    spent = result.snapshots[0, at] - result.snapshots[0, at - 1]
    return int(spent[Counter.CYCLES] - spent[Counter.STALL_DRAIN] - spent[Counter.STALL_FENCE])


def speed() -> Row:
    """The C++ harness with its DRAM model, ResNet-8: one input, and 64, as many at a time as there are processors."""
    program = compile_network(quantised(zoo.resnet8()), PYNQ)
    inputs = np.random.default_rng(2).integers(0, 256, (64, 3, 32, 32)).astype(np.uint8)
    simulate(program, inputs[:1])  # builds the simulator
    for what, batch, runs in (("one input", inputs[:1], 21), ("64 inputs", inputs, 1)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        results = [simulate(program, batch) for _ in range(runs)]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        each = sum(r.simulated_cycles for r in results) / processor_s / 1e6
        print(
            f"  {what}: {each:.2f} M cycles per second of a processor, {len(os.sched_getaffinity(0))} processors",
            flush=True,
        )
        rate = float(np.median([r.cycles_per_second for r in results]))
        yield Reached(f"simulation of {what}, cycles/s", rate, 1e6, at_least=True)


def small() -> Row:
    """ONNX file to report as a process, caches warm."""
    for name in ("resnet8", "ds_cnn"):
        timing = time_report(name)
        print(f"  {name}: {timing}", flush=True)
        yield Reached(f"{name} from ONNX to report, median, s", float(np.median(timing.wall_s)), 1.5)


ROWS: dict[str, Callable[[], Row]] = {
    f.__name__: f for f in (resnet8, mobile, others, vectors, free, counts, half, resnet18, speed, small)
}


def main(names: list[str]) -> int:
    """Run the named rows, all where none is named; print every figure against its limit."""
    found: list[Reached] = []
    for name in names or ROWS:
        print(f"{name}: {ROWS[name].__doc__}", flush=True)
        found += ROWS[name]()
    print("\n" + "\n".join(map(str, found)))
    return 0 if all(reached.good for reached in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
