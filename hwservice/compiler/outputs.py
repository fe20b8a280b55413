"""Pass: outputs end in DRAM, each as one map: maps in the banks are stored, pieces of maps in DRAM are copied first."""

from dataclasses import replace

from hwservice.compiler.ops import StoreOp
from hwservice.compiler.residence import Residence
from hwservice.compiler.state import Schedule
from hwservice.compiler.strides import copy_layer
from hwservice.ir.quantised import Output, QuantisedNetwork, Source


def join_outputs(network: QuantisedNetwork, residence: Residence) -> QuantisedNetwork | None:
    """The network with a copy of every output that has no place of its own in DRAM otherwise; None where there is none.

    That is a part of a map in DRAM, or several maps that do not all lie in the banks at one pitch.
    """
    tensors = network.tensors
    layers, outputs = list(network.layers), list(network.outputs)
    for at, output in enumerate(outputs):
        first = tensors[output.sources[0].tensor]
        whole = tuple(Source(first.name, c) for c in range(first.channels))
        maps = {source.tensor for source in output.sources}
        alike = len({residence.layouts[name].pitch for name in maps}) == 1
        if output.sources == whole or (alike and not maps & residence.in_dram):
            continue
        layers.append(copy_layer(output.sources, first, f"{output.name}@joined"))
        copied = tuple(Source(layers[-1].output.name, c) for c in range(len(output.sources)))
        outputs[at] = replace(output, sources=copied)
    if len(layers) == len(network.layers):
        return None
    return replace(network, layers=tuple(layers), outputs=tuple(outputs))


def store_output(s: Schedule, output: Output) -> None:
    """STOREs of an output whose maps are in the banks; one that lies in DRAM is there already."""
    if output.sources[0].tensor in s.residence.in_dram:
        return
    last = len(s.network.layers)
    beat = s.accelerator.dram_bytes
    assert s.last_compute is not None
    for at, count in _channel_runs(output.sources):
        source = output.sources[at]
        layout, size = s.layout(source.tensor), s.phase_bytes(source.tensor)
        fields = {
            "dram_address": at * size,
            "local_address": s.residence.rows[source.tensor, last] + source.channel * layout.plane_rows,
            "beats": size // beat,
            "planes": count,
            "dram_stride": size,
            "local_stride": layout.plane_rows,
        }
        s.ops.append(StoreOp(f"output:{output.name}", fields, s.last_compute))


def _channel_runs(sources: tuple[Source, ...]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for k, source in enumerate(sources):
        previous = sources[k - 1] if k else None
        if previous is not None and (previous.tensor, previous.channel + 1) == (source.tensor, source.channel):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((k, 1))
    return runs
