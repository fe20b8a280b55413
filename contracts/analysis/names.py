"""Names of layers as plots show them."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_LONGEST: Final = 22
_OPERATOR: Final = re.compile(r"[A-Z][A-Za-z]*(_\d+)?")


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """Short labels, all different; the full names stay where there is room.

    Exporters write the path of modules, each with its own path in it, and the operator:
    `short_names(["/layer1/layer1.0/conv1/Conv"]) == ("layer1.0.conv1",)`.
    """
    labels = [_shortened(_path(name)) for name in names]
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} #{seen[label]}")
    return tuple(found)


def _path(name: str) -> str:
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1 and _OPERATOR.fullmatch(parts[-1]):
        parts.pop()
    kept: list[str] = []
    for part in parts:
        # `layer1/layer1.0`: the second says the first again.
        if kept and part.startswith(kept[-1] + "."):
            kept.pop()
        kept.append(part)
    return ".".join(kept) or name


def _shortened(path: str) -> str:
    if len(path) <= _LONGEST:
        return path
    tail = path[-(_LONGEST - 8) :]
    cut = tail.find(".")
    return f"{path[:7]}…{tail[cut + 1 :] if 0 <= cut < len(tail) // 2 else tail}"
