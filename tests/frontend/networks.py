"""The networks that seeded pages show: ResNet-8, and the same with half of its inner filters."""

from typing import Final

import onnx

from benchmarks.zoo import resnet8

_HALF: Final = {"stage1.0.conv1": 8, "stage2.0.conv1": 16, "stage3.0.conv1": 32}


def network(version: int) -> onnx.ModelProto:
    """Version 1 is whole, version 2 is pruned."""
    return resnet8(cuts=_HALF if version == 2 else None)
