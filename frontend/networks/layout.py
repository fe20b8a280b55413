"""Where a network's layers stand in a drawing: in ranks from input to output, side by side where branches run beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

NODE_WIDTH: Final = 190
NODE_HEIGHT: Final = 46
_RANK: Final = 84
_LANE: Final = 222
_MARGIN: Final = 12
_WORD: Final = 24


@dataclass(frozen=True)
class Node:
    """One layer; x and y of its upper left corner, in pixels."""

    layer: Mapping[str, Any]
    index: int
    x: float
    y: float
    title: str
    text: str


@dataclass(frozen=True)
class Edge:
    """From what makes a map to what reads it; `kind` is `reads` or `adds`."""

    path: str
    kind: str


@dataclass(frozen=True)
class Drawing:
    """A whole network."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    width: float
    height: float


def drawn(layers: Sequence[Mapping[str, Any]], input_name: str, input_text: str) -> Drawing:
    """Lay a network out.

    A layer stands one rank below the lowest of what it reads. Edges that pass ranks keep a lane of their own in each, so that
    they do not run through other layers.
    """
    entries = [{"name": input_name, "operator": "input", "inputs": [], "adds": []}, *layers]
    ranks = _ranks(entries)
    lanes = _Lanes(entries, ranks)
    nodes = [_node(entry, index, lanes, input_text) for index, entry in enumerate(entries)]
    edges = [edge for entry in entries for edge in _edges(entry, lanes)]
    width = 2 * _MARGIN + (lanes.most - 1) * _LANE + NODE_WIDTH
    height = 2 * _MARGIN + max(ranks.values()) * _RANK + NODE_HEIGHT
    return Drawing(nodes, edges, width, height)


def _sources(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, "reads") for name in entry["inputs"]] + [(name, "adds") for name in entry["adds"]]


def _ranks(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for entry in entries:  # sources stand before their readers
        ranks[entry["name"]] = max((ranks[name] + 1 for name, _ in _sources(entry) if name in ranks), default=0)
    return ranks


class _Lanes:
    """A lane in each rank for every layer, and for every edge that passes the rank."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], ranks: Mapping[str, int]) -> None:
        self.ranks = ranks
        self._of: dict[tuple[str, int], float] = {}
        passing = _passing(entries, ranks)
        rows: dict[int, list[str]] = {}
        for name, rank in ranks.items():
            rows.setdefault(rank, []).append(name)
        self.most = 1
        for rank in sorted(rows):
            found = rows[rank] + [f"{name}>" for name in passing.get(rank, ())]
            self.most = max(self.most, len(found))
            for lane, name in enumerate(found):
                self._of[name, rank] = lane

    def of(self, name: str, rank: int) -> float:
        """The lane of a layer in its rank."""
        return self._of[name, rank]

    def passing(self, name: str, rank: int) -> float:
        """The lane in which what a layer made passes a rank."""
        return self._of[f"{name}>", rank]


def _passing(entries: Sequence[Mapping[str, Any]], ranks: Mapping[str, int]) -> dict[int, list[str]]:
    """By rank, the layers whose maps are read further below."""
    last: dict[str, int] = {}
    for entry in entries:
        for name, _ in _sources(entry):
            if name in ranks:
                last[name] = max(last.get(name, 0), ranks[entry["name"]])
    found: dict[int, list[str]] = {}
    for name, reader in last.items():
        for rank in range(ranks[name] + 1, reader):
            found.setdefault(rank, []).append(name)
    return found


def _node(entry: Mapping[str, Any], index: int, lanes: _Lanes, input_text: str) -> Node:
    rank = lanes.ranks[entry["name"]]
    x = _MARGIN + lanes.of(entry["name"], rank) * _LANE
    return Node(entry, index, x, _MARGIN + rank * _RANK, _short(entry["name"]), _text(entry, input_text))


def _short(name: str) -> str:
    return name if len(name) <= _WORD else "…" + name[1 - _WORD :]


def _text(entry: Mapping[str, Any], input_text: str) -> str:
    if entry["operator"] == "input":
        return input_text
    kernel = "x".join(map(str, entry["kernel"]))
    stride = f"/{entry['stride'][0]}" if max(entry["stride"]) > 1 else ""
    kind = entry["operator"] if kernel == "1x1" and not stride else f"{entry['operator']} {kernel}{stride}"
    return f"{kind} → {entry['channels']}"


def _edges(entry: Mapping[str, Any], lanes: _Lanes) -> list[Edge]:
    rank = lanes.ranks[entry["name"]]
    to = (_centre(lanes.of(entry["name"], rank)), _MARGIN + rank * _RANK)
    found = []
    for name, kind in _sources(entry):
        if name in lanes.ranks:
            found.append(Edge(_path(name, rank, to, lanes), kind))
    return found


def _path(name: str, rank: int, to: tuple[float, float], lanes: _Lanes) -> str:
    start = lanes.ranks[name]
    x, y = _centre(lanes.of(name, start)), _MARGIN + start * _RANK + NODE_HEIGHT
    parts = [f"M{x:g} {y:g}"]
    for between in range(start + 1, rank):
        beside, top = _centre(lanes.passing(name, between)), _MARGIN + between * _RANK
        parts.append(_curve(y, beside, top, x))
        parts.append(f"L{beside:g} {top + NODE_HEIGHT:g}")
        x, y = beside, top + NODE_HEIGHT
    return "".join([*parts, _curve(y, to[0], to[1], x)])


def _curve(y: float, to_x: float, to_y: float, x: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"


def _centre(lane: float) -> float:
    return _MARGIN + lane * _LANE + NODE_WIDTH / 2
