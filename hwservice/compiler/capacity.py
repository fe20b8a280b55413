"""The error for a layer that no cut makes small enough."""

from contracts.accelerator import PRESETS, Accelerator
from contracts.errors import CapacityError


def too_small(layer: str, need_bytes: int, what: str, accelerator: Accelerator) -> CapacityError:
    """Names the layer, what it needs, what there is, and the smallest preset that has enough.

    Args:
        layer: its name.
        need_bytes: bytes of activation memory that its smallest cut takes.
        what: that cut, in words.
        accelerator: the one that has less.
    """
    enough = [a for a in PRESETS.values() if a.activation_bytes >= need_bytes]
    fix = (
        f"choose preset {min(enough, key=lambda a: a.activation_bytes).name!r} or a greater bank_depth"
        if enough
        else "no preset has as much: choose a greater bank_depth or a smaller input"
    )
    return CapacityError(
        f"layer {layer!r} needs {need_bytes} bytes of activation memory for {what}, accelerator {accelerator.name!r} has "
        f"{accelerator.activation_bytes}; {fix}"
    )
