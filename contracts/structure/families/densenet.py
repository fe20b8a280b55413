"""Densely connected networks: every layer reads what all before it in its block made. Huang et al. 2017."""

from collections.abc import Sequence

from contracts.structure.build import Builder
from contracts.structure.layer import Size
from contracts.structure.structure import Structure


def densenet(
    size: Size,
    growths: Sequence[Sequence[int]] = ((8, 8, 8), (8, 8, 8)),
    *,
    stem: int = 16,
    transitions: Sequence[int] = (),
    normalise_first: bool = False,
    classes: int = 10,
) -> Structure:
    """Dense blocks with a 1 x 1 convolution and an average pool between them.

    Args:
        size: of the input.
        growths: filters of every layer of every block.
        stem: filters of the first convolution.
        transitions: filters between the blocks; half of what they read where absent.
        normalise_first: batch normalisation and ReLU before each convolution, as published, which no convolution can swallow.
        classes: of the classifier.
    """
    b = Builder(size)
    x = [b.conv("input", "stem", stem, relu=not normalise_first)]
    for block, growth in enumerate(growths):
        for number, width in enumerate(growth):
            name = f"block{block}.{number}"
            read = b.depthwise(x, f"{name}.norm", 1) if normalise_first else x
            x = [*x, b.conv(read, f"{name}.conv", width, relu=not normalise_first)]
        if block + 1 < len(growths):
            width = transitions[block] if transitions else b.shape(x)[0] // 2
            read = b.depthwise(x, f"transition{block}.norm", 1) if normalise_first else x
            y = b.conv(read, f"transition{block}.conv", width, 1, relu=not normalise_first)
            x = [b.pool(y, f"transition{block}.pool", "average", 2, 2)]
    b.classify(b.depthwise(x, "final.norm", 1) if normalise_first else x, classes)
    return b.structure("densenet")
