"""Structures layer by layer: each method adds one and returns its name."""

from collections.abc import Sequence

from contracts.errors import NetworkError
from contracts.structure.layer import INPUT, Layer, Size, Wire
from contracts.structure.sizes import sizes_of
from contracts.structure.structure import Structure

Reads = str | Sequence[str]
"""One layer, or several whose maps are read one after the other."""
Pair = int | tuple[int, int]
MOST_LAYERS = 2000


class Builder:
    """Collects layers; `shape` tells the map of each."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.layers: list[Layer] = []
        self._sizes: dict[str, Size] = {INPUT: size}

    def shape(self, reads: Reads) -> Size:
        """Channels, height and width of what a layer would read."""
        names = [reads] if isinstance(reads, str) else list(reads)
        _, height, width = self._sizes[names[0]]
        return sum(self._sizes[name][0] for name in names), height, width

    def add_layer(self, layer: Layer) -> str:
        """One layer as it is.

        Raises:
            NetworkError: its window does not fit, or there are more layers than `MOST_LAYERS`.
        """
        if len(self.layers) >= MOST_LAYERS:
            raise NetworkError(f"layer {layer.name!r} is one more than {MOST_LAYERS}; build a smaller network")
        source = next(self._sizes[wire.source] for wire in layer.wires)
        renamed = tuple(Wire(INPUT) for _ in layer.wires[:1])
        like = Layer("like", "max", renamed, source[0], layer.kernel, layer.stride, layer.padding)
        made = sizes_of(source, (like,))["like"]
        whole = layer.operator in ("linear", "global")
        self._sizes[layer.name] = (layer.filters, *((1, 1) if whole else made[1:]))
        self.layers.append(layer)
        return layer.name

    def conv(
        self, reads: Reads, name: str, filters: int, kernel: Pair = 3, *, stride: int = 1, relu: bool = True
    ) -> str:
        """A convolution whose padding keeps the size at stride 1, normalised."""
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = ((height - 1) // 2, (width - 1) // 2, height // 2, width // 2)
        return self.add_layer(
            Layer(name, "conv", _wires(reads), filters, (height, width), (stride, stride), padding, relu=relu)
        )

    def depthwise(self, reads: Reads, name: str, kernel: int = 3, *, stride: int = 1) -> str:
        """One filter for each channel, normalised, with a ReLU. With kernel 1: a batch normalisation on its own."""
        channels = self.shape(reads)[0]
        padding = ((kernel - 1) // 2, (kernel - 1) // 2, kernel // 2, kernel // 2)
        size, strides = (kernel, kernel), (stride, stride)
        return self.add_layer(Layer(name, "conv", _wires(reads), channels, size, strides, padding, channels))

    def pool(self, reads: Reads, name: str, operator: str, kernel: int, stride: int, padding: int = 0) -> str:
        """A maximum or average over windows."""
        channels, sides = self.shape(reads)[0], (padding,) * 4
        window = ((kernel, kernel), (stride, stride), sides)
        return self.add_layer(Layer(name, operator, _wires(reads), channels, *window, norm=False, relu=False))

    def add(self, one: str, other: str, name: str, *, relu: bool = True) -> str:
        """A residual add of equal sides."""
        channels = self.shape(one)[0]
        return self.add_layer(Layer(name, "add", (Wire(one), Wire(other)), channels, norm=False, relu=relu))

    def linear(self, reads: Reads, name: str, filters: int, *, relu: bool = False) -> str:
        """A fully connected layer with a bias."""
        return self.add_layer(Layer(name, "linear", _wires(reads), filters, norm=False, relu=relu))

    def classify(self, reads: Reads, classes: int) -> str:
        """Global average, then a fully connected layer."""
        channels = self.shape(reads)[0]
        pool = self.add_layer(Layer("pool", "global", _wires(reads), channels, norm=False, relu=False))
        return self.linear(pool, "classifier", classes)

    def structure(self, name: str) -> Structure:
        """All of it, checked."""
        return Structure(self.size, tuple(self.layers), name)


def _wires(reads: Reads) -> tuple[Wire, ...]:
    return (Wire(reads),) if isinstance(reads, str) else tuple(Wire(name) for name in reads)
