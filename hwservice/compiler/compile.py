"""The back half of the pipeline as a list, and the assembly of the program."""

from collections.abc import Callable

import numpy as np

from contracts.accelerator import ISA_VERSION, PRESETS, Accelerator
from contracts.errors import CapacityError
from contracts.isa import (
    COUNTER_BYTES,
    HEADER_BYTES,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    MAGIC,
    Counter,
    encode,
    pack,
)
from hwservice.compiler.bandchoice import choose_bands
from hwservice.compiler.bands import schedule_banded
from hwservice.compiler.early import start_early
from hwservice.compiler.emit import Emitter
from hwservice.compiler.facts import complete
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.outputs import join_outputs, store_output
from hwservice.compiler.residence import reside
from hwservice.compiler.schedule import schedule_input, schedule_layer
from hwservice.compiler.shape import network_shape
from hwservice.compiler.slices import plan_stream
from hwservice.compiler.state import Schedule
from hwservice.compiler.stream import schedule_streamed
from hwservice.compiler.strides import unify_strides
from hwservice.ir.program import Placement, Program
from hwservice.ir.quantised import Output, QuantisedNetwork, Tensor

ALIGNMENT = 64


def compile_network(network: QuantisedNetwork, accelerator: Accelerator) -> Program:
    """The program for one network on one accelerator.

    Raises:
        CapacityError: a layer does not fit, however it is cut; names its need, what there is, and the smallest preset that will do.
    """
    state = _Compilation(network, accelerator)
    try:
        for step in BACK_PASSES:
            step(state)
    except CapacityError as error:
        raise CapacityError(f"{error}; {_way_out(network)}") from None
    assert state.program is not None
    return state.program


def _way_out(network: QuantisedNetwork) -> str:
    """What to do about a network that does not fit."""
    presets = sorted(PRESETS.values(), key=lambda a: a.activation_bytes)
    enough = next((a for a in presets if _fits(network, a)), None)
    if enough is None:
        return "no preset has as much: choose a greater bank_depth or a smaller input"
    return f"choose preset {enough.name!r} or a greater bank_depth"


def _fits(network: QuantisedNetwork, accelerator: Accelerator) -> bool:
    """Whether every layer can be cut small enough; nothing is scheduled."""
    state = _Compilation(network, accelerator)
    _unify_strides(state)
    _reside(state)
    layers = [state.network.layers[index] for index in state.planned.residence.banded]
    try:
        return all(choose_bands(state.planned, layer) or plan_stream(state.planned, layer) for layer in layers)
    except CapacityError:
        return False


class _Compilation:
    """What the passes hand on to each other."""

    def __init__(self, network: QuantisedNetwork, accelerator: Accelerator) -> None:
        self.network, self.accelerator = network, accelerator
        self.outputs = network.outputs
        self.schedule: Schedule | None = None
        self.emitter = Emitter(accelerator)
        self.program: Program | None = None

    @property
    def planned(self) -> Schedule:
        """The schedule, once made."""
        assert self.schedule is not None
        return self.schedule

    def assemble(self) -> Program:
        """Instructions, data and the DRAM map as one image."""
        s, emitter = self.planned, self.emitter
        regions = _dram_map(s, emitter)
        code = b"".join(
            encode(opcode, **{**fields, "dram_address": fields["dram_address"] + regions[region]} if region else fields)
            for opcode, fields, region in emitter.instructions
        )
        header = {
            "magic": MAGIC,
            "isa_version": ISA_VERSION,
            "digest": self.accelerator.digest,
            "instruction_count": len(emitter.instructions),
        }
        image = np.zeros(regions["data"] + emitter.data_size, np.uint8)
        text = pack(HEADER_FIELDS, header).to_bytes(HEADER_BYTES, "little") + code
        image[: len(text)] = np.frombuffer(text, np.uint8)
        if emitter.data:
            image[regions["data"] :] = np.concatenate(emitter.data)
        shape = network_shape(s, len(emitter.instructions))
        return Program(
            name=self.network.name,
            accelerator=self.accelerator,
            image=image,
            dram_bytes=regions["end"],
            input=_tensor_placement(s, self.network.input.name, regions),
            outputs=tuple(_output_placement(s, o, regions) for o in self.network.outputs),
            network_outputs=self.outputs,
            counters_address=regions["counters"],
            marks=tuple(s.marks),
            instruction_count=len(emitter.instructions),
            notes=self.network.notes,
            shape=shape,
            facts=complete(s, shape, emitter.held),
            code_bytes=len(text),
        )


def _unify_strides(state: _Compilation) -> None:
    state.network = unify_strides(state.network)


def _reside(state: _Compilation) -> None:
    residence = reside(state.network, state.accelerator)
    while (joined := join_outputs(state.network, residence)) is not None:
        state.network = joined
        residence = reside(joined, state.accelerator)
    state.schedule = Schedule(state.network, state.accelerator, residence)


def _schedule(state: _Compilation) -> None:
    s = state.planned
    schedule_input(s)
    for index in range(len(state.network.layers)):
        if index not in s.residence.banded:
            schedule_layer(s, index)
        elif plans := choose_bands(s, state.network.layers[index]):
            schedule_banded(s, index, plans)
        else:
            schedule_streamed(s, index)


def _store_outputs(state: _Compilation) -> None:
    for output in state.network.outputs:
        store_output(state.planned, output)


def _emit(state: _Compilation) -> None:
    state.emitter.run(state.planned.ops)


def _assemble(state: _Compilation) -> None:
    state.program = state.assemble()


def _start_early(state: _Compilation) -> None:
    assert state.program is not None
    state.program = start_early(state.program)


BACK_PASSES: tuple[Callable[[_Compilation], None], ...] = (
    _unify_strides,
    _reside,
    _schedule,
    _store_outputs,
    _emit,
    _assemble,
    _start_early,
)
"""The passes of the back half, in order."""


def _dram_map(s: Schedule, emitter: Emitter) -> dict[str, int]:
    """Start address of every region, and `end`."""
    at = HEADER_BYTES + INSTRUCTION_BYTES * len(emitter.instructions)
    sizes = {"data": emitter.data_size, "counters": len(s.marks) * len(Counter) * COUNTER_BYTES}
    tensors = {s.network.input.name} | s.residence.in_dram
    for name in sorted(tensors):
        layout = s.layout(name)
        sizes[f"tensor:{name}"] = layout.tensor.channels * layout.phases * s.phase_bytes(name)
    for output in s.network.outputs:
        sizes[f"output:{output.name}"] = len(output.sources) * s.phase_bytes(output.sources[0].tensor)
    regions = {}
    for name, size in sizes.items():
        at = ceil_div(at, ALIGNMENT) * ALIGNMENT
        regions[name] = at
        at += size
    regions["end"] = ceil_div(at, ALIGNMENT) * ALIGNMENT
    return regions


def _tensor_placement(s: Schedule, name: str, regions: dict[str, int]) -> Placement:
    layout, size = s.layout(name), s.phase_bytes(name)
    return Placement(layout.tensor, regions[f"tensor:{name}"], layout.pitch, layout.phases * size, layout.stride, size)


def _output_placement(s: Schedule, output: Output, regions: dict[str, int]) -> Placement:
    first = output.sources[0].tensor
    if first in s.residence.in_dram:
        return _tensor_placement(s, first, regions)
    layout, size = s.layout(first), s.phase_bytes(first)
    t = layout.tensor
    tensor = Tensor(output.name, len(output.sources), t.height, t.width, t.scale, t.zero_point)
    return Placement(tensor, regions[f"output:{output.name}"], layout.pitch, size)
