"""Results as tables that a person likes to read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement, Measurement

NAME_WIDTH: Final = 36


def show_measurement(m: Measurement) -> None:
    """Summary, layers and energy of one simulated network."""
    console = Console()
    console.print(_summary(m))
    console.print(_layers(m))
    console.print(_energy(m))
    verdict = "identical to" if m.bit_exact else "DIFFERENT FROM"
    style = "green" if m.bit_exact else "bold red"
    of = "one input" if m.inputs == 1 else f"{m.inputs} inputs"
    console.print(Text(f"Outputs of {of} are {verdict} those of the {m.checked_against}.", style=style))
    for note in m.notes:
        console.print(Text(f"Note: {note}", style="dim"))
    console.print(Text(f"Outputs: {m.outputs}", style="dim"))


def _table(title: str, left: Iterable[str], right: Iterable[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _summary(m: Measurement) -> Table:
    table = _table(f"{m.network} on {m.accelerator}", ("figure",), ("value",))
    table.add_column("origin", style="dim", overflow="fold")
    rows = [
        ("cycles", f"{m.cycles:,.0f}", "cycles"),
        ("expert estimate", _estimate(m), "expert_cycles"),
        ("latency", f"{m.latency_ms:,.3f} ms", "latency_ms"),
        ("throughput", f"{m.throughput_fps:,.1f} /s", "throughput_fps"),
        ("utilisation", f"{m.utilisation:.1%}", "utilisation"),
        ("energy", f"{m.energy_mj:.4g} mJ", "energy_mj"),
        ("power", f"{m.power_mw:,.0f} mW", "power_mw"),
        ("DRAM traffic", f"{m.dram_bytes:,.0f} bytes", "dram_bytes"),
        ("quantised", _quantised(m), "float_error"),
        ("compiled in", f"{m.compile_s:.2f} s" + (" (kept)" if m.compiled_before else ""), "compile_s"),
        ("simulated in", f"{m.simulate_s:.2f} s, {m.simulated_cycles_per_s / 1e6:.2f} Mcycles/s", "simulate_s"),
    ]
    for name, value, origin in rows:
        table.add_row(name, value, m.origins.get(origin, ""))
    return table


def _quantised(m: Measurement) -> str:
    """How good the integers are against the reals, and how their scales came about."""
    how, ratio = m.quantisation, m.float_error.get("sqnr_db")
    error = f"{ratio:.1f} dB, " if ratio is not None else ""
    source = f"{how.get('images')} images" if how.get("images") else "noise"
    return f"{error}{how.get('method')} of {source}" if how else error.rstrip(", ")


def short_names(names: Sequence[str]) -> list[str]:
    """Names of layers as a table has room for: without what an exporter repeats, in the middle cut; never two alike.

    Example: `/blocks/blocks.0/first/first.0/Conv_output_0` becomes `blocks.0/first.0/Conv`.
    """
    short = [_short(name) for name in names]
    return [own if short.count(own) == 1 else whole for own, whole in zip(short, names, strict=True)]


def _short(name: str) -> str:
    parts = re.sub(r"_output_0$", "", name).strip("/").split("/")
    kept = [part for part, inner in zip(parts, [*parts[1:], ""], strict=True) if not inner.startswith(f"{part}.")]
    text = "/".join(kept)
    if len(text) <= NAME_WIDTH:
        return text
    half = (NAME_WIDTH - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def _estimate(m: Measurement) -> str:
    return f"{m.expert_cycles:,.0f} ({m.expert_cycles / m.cycles - 1:+.1%})" if m.cycles else f"{m.expert_cycles:,.0f}"


def _layers(m: Measurement) -> Table:
    names = ("cycles", "bound", "util.", "stalled", "MACs", "DRAM", "µJ")
    table = _table(f"Layers, {m.origins['cycles']}", ("layer", ""), names)
    for name, layer in zip(short_names([layer.name for layer in m.layers]), m.layers, strict=True):
        table.add_row(*_layer_row(name, layer))
    return table


def _layer_row(name: str, layer: LayerMeasurement) -> list[str]:
    return [
        name,
        layer.operator,
        f"{layer.cycles:,.0f}",
        f"{layer.bound_cycles:,}",
        f"{layer.utilisation:.1%}",
        _stalls(layer.stalls),
        f"{layer.macs / 1e6:.3f} M",
        f"{layer.dram_bytes:,.0f}",
        f"{layer.energy_mj * 1e3:.1f}",
    ]


def _stalls(stalls: Mapping[str, float]) -> str:
    """All stalled cycles, and the cause of most of them."""
    total = sum(stalls.values())
    return f"{total:,.0f} {max(stalls, key=lambda cause: stalls[cause])}" if total else ""


def _energy(m: Measurement) -> Table:
    table = _table(f"Energy, modelled with table {m.energy.table}", ("action",), ("µJ", "low", "high"))
    for name, part in {**m.energy.parts_mj, "all": m.energy.total_mj}.items():
        table.add_row(name.replace("_", " "), *(f"{value * 1e3:,.4g}" for value in (part.value, part.low, part.high)))
    return table


def show_accelerators(accelerators: Iterable[Accelerator]) -> None:
    """The accelerators with board, clock and its origin, DRAM and on-chip memory."""
    table = _table("Accelerators", ("name", "board"), ("cells", "clock MHz", "DRAM", "on chip"))
    for a in accelerators:
        clock, memory = f"{a.clock_mhz:g} {a.clock_origin}", f"{a.on_chip_bytes / 1024:.0f} KB"
        table.add_row(a.name, a.board, f"{a.rows} x {a.lanes}", clock, f"{a.dram} {a.dram_bytes} B", memory)
    Console().print(table)


def show_facts(title: str, facts: Mapping[str, Any]) -> None:
    """Names and values."""
    table = _table(title, ("what",), ("value",))
    for name, value in facts.items():
        if isinstance(value, (list, tuple)):
            value = "\n".join(map(str, value))  # noqa: PLW2901  # the shown form
        table.add_row(name.replace("_", " "), f"{value:,.4f}" if isinstance(value, float) else str(value))
    Console().print(table)
