"""Results as tables that a person likes to read."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement, Measurement


def show_measurement(m: Measurement) -> None:
    """Summary, layers and energy of one simulated network."""
    console = Console()
    console.print(_summary(m))
    console.print(_layers(m))
    console.print(_energy(m))
    verdict = "identical to" if m.bit_exact else "DIFFERENT FROM"
    style = "green" if m.bit_exact else "bold red"
    console.print(Text(f"Outputs of {m.inputs} inputs are {verdict} those of the {m.checked_against}.", style=style))
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
        ("compiled in", f"{m.compile_s:.2f} s" + (" (kept)" if m.compiled_before else ""), "compile_s"),
        ("simulated in", f"{m.simulate_s:.2f} s, {m.simulated_cycles_per_s / 1e6:.2f} Mcycles/s", "simulate_s"),
    ]
    for name, value, origin in rows:
        table.add_row(name, value, m.origins.get(origin, ""))
    return table


def _estimate(m: Measurement) -> str:
    return f"{m.expert_cycles:,.0f} ({m.expert_cycles / m.cycles - 1:+.1%})" if m.cycles else f"{m.expert_cycles:,.0f}"


def _layers(m: Measurement) -> Table:
    names = ("cycles", "bound", "util.", "stalled", "MACs", "DRAM", "µJ")
    table = _table(f"Layers, {m.origins['cycles']}", ("layer", ""), names)
    for layer in m.layers:
        table.add_row(*_layer_row(layer))
    return table


def _layer_row(layer: LayerMeasurement) -> list[str]:
    return [
        layer.name,
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
        table.add_row(name, *(f"{value * 1e3:,.4g}" for value in (part.value, part.low, part.high)))
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
