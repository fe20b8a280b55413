"""Two structures as a picture: for each layer a bar of either network, paler where weight vectors are gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.workspace.structure import Entry, Pair
from frontend.pruning.shapes import Bar


def drawn_pairs(
    pairs: Sequence[Pair], a: Mapping[str, float], b: Mapping[str, float]
) -> tuple[list[dict[str, Any]], int]:
    """Rows with the pair and its bars, and the most channels of a layer. The first network's channels outline both bars.

    Args:
        pairs: aligned layers.
        a, b: shares of weight vectors that are left, by layer, of either network; a layer that is not named has all.
    """
    most = max((layer["channels"] for pair in pairs for layer in (pair.a, pair.b) if layer), default=1)
    rows = [{"pair": pair, "bars": [_bar(pair.a, pair, a), _bar(pair.b, pair, b)]} for pair in pairs]
    return rows, most


def _bar(own: Entry | None, pair: Pair, densities: Mapping[str, float]) -> Bar:
    name = (own or pair.a or pair.b or {})["name"]
    channels = own["channels"] if own else 0
    outline = pair.a["channels"] if pair.a else channels
    return Bar(name, channels, densities.get(name, 1.0), outline)
