"""Pass: how each tensor lies in the banks: phases, pitch and rows per plane."""

from dataclasses import dataclass

from contracts.accelerator import Accelerator
from hwservice.compiler.strides import PLAIN, Stride, read_strides
from hwservice.ir.quantised import Layer, QuantisedNetwork, Tensor


def ceil_div(value: int, by: int) -> int:
    """`value / by`, rounded up."""
    return -(-value // by)


@dataclass(frozen=True)
class TensorLayout:
    """One tensor's planes: `stride[0] * stride[1]` phase planes of `height x width` at one pitch per channel.

    Where they are `paired`, planes of odd columns begin half the lanes behind their first bank row, so that one bank write holds even and odd columns.
    """

    tensor: Tensor
    stride: Stride
    pitch: int
    lanes: int
    paired: bool = False

    @property
    def phases(self) -> int:
        """Phase planes per channel."""
        return self.stride[0] * self.stride[1]

    @property
    def height(self) -> int:
        """Rows of the tallest phase plane."""
        return ceil_div(self.tensor.height, self.stride[0])

    @property
    def width(self) -> int:
        """Columns of the widest phase plane."""
        return ceil_div(self.tensor.width, self.stride[1])

    def rows_for(self, height: int) -> int:
        """Bank rows that `height` map rows of one phase plane take."""
        return ceil_div(self.pitch * height + self.shift, self.lanes)

    @property
    def shift(self) -> int:
        """Flat pixels by which planes of odd columns are moved."""
        return self.lanes // 2 if self.paired else 0

    @property
    def phase_rows(self) -> int:
        """Bank rows of one phase plane."""
        return self.rows_for(self.height)

    @property
    def plane_rows(self) -> int:
        """Bank rows of one channel."""
        return self.phases * self.phase_rows

    @property
    def bank_rows(self) -> int:
        """Bank rows of the whole tensor."""
        return self.tensor.channels * self.plane_rows


def lay_out(
    network: QuantisedNetwork, accelerator: Accelerator, padded: frozenset[str], pair: bool = False
) -> dict[str, TensorLayout]:
    """Layouts by tensor name; each tensor is read with one stride (see `unify_strides`).

    The pitch of a layer's sources and of its skip is one and the same (the tile walks both) and at least the width of the layer's
    output; the pitch of tensors in `padded` is a multiple of the DRAM beat. With `pair`, maps of layers that are read with a column stride of 2 are
    paired.
    """
    strides = {name: next(iter(found), PLAIN) for name, found in read_strides(network).items()}
    tensors = network.tensors
    parent = {name: name for name in tensors}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for layer in network.layers:
        together = {s.tensor for s in layer.sources} | {s.tensor for s in layer.skip if s is not None}
        first, *others = together
        for other in others:
            parent[root(other)] = root(first)
    pitch: dict[str, int] = {}
    for name, tensor in tensors.items():
        natural = ceil_div(tensor.width, strides.get(name, PLAIN)[1])
        pitch[root(name)] = max(pitch.get(root(name), 1), natural)
    for layer in network.layers:
        _at_least(pitch, root(layer.sources[0].tensor), _walk_width(layer))
    for name in tensors:
        if name in padded:
            beat = accelerator.dram_bytes
            pitch[root(name)] = ceil_div(pitch[root(name)], beat) * beat
    drained = {layer.output.name for layer in network.layers} if pair else set()
    return {
        name: TensorLayout(
            tensor,
            stride := strides.get(name, PLAIN),
            pitch[root(name)],
            accelerator.lanes,
            paired=name in drained and stride[1] == 2,
        )
        for name, tensor in tensors.items()
    }


def _at_least(pitch: dict[str, int], name: str, width: int) -> None:
    pitch[name] = max(pitch[name], width)


def _walk_width(layer: Layer) -> int:
    """Columns that the tiles of a layer must have room for."""
    return layer.output.width if layer.operator.value != "sum" else 1
