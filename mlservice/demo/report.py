"""The demonstration's report, as tables in a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mlservice.demo.prepare import Prepared
from mlservice.demo.prune import Pruned


@dataclass(frozen=True)
class Findings:
    """What the report is about.

    Attributes:
        prepared: the trained network and its data.
        evaluated: accuracies, as an evaluate job found them.
        simulated: the simulation's report, as `hwservice simulate --json` prints it.
        page: where a browser shows the simulation.
    """

    prepared: Prepared
    evaluated: Mapping[str, Any]
    simulated: Mapping[str, Any]
    page: str


def render(findings: Findings) -> RenderableType:
    """The whole report; every figure with its unit and where it comes from."""
    return Group(_summary(findings), Text(), _layers(findings.simulated), Text(), *_notes(findings))


def render_pruned(findings: Findings, pruned: Pruned) -> RenderableType:
    """Dense against pruned; every figure with where it comes from."""
    return Group(Text(), _reachable(pruned), Text(), _compared(findings, pruned), Text(), *_notes_on(pruned))


def _reachable(pruned: Pruned) -> Table:
    table = Table(title="What is reachable, foretold before the session", title_justify="left")
    table.add_column("network")
    for column in ("latency ms", "energy mJ", "parameters", "MACs"):
        table.add_column(column, justify="right")
    for row in pruned.reachable:
        costs = (f"{row['latency_ms']:.4f}", f"{row['energy_mj']:.4f}")
        table.add_row(row["name"], *costs, f"{row['params']:,}", f"{row['macs']:,}")
    return table


def _compared(findings: Findings, pruned: Pruned) -> Table:
    evaluated, dense, session, small = findings.evaluated, findings.simulated, pruned.session, pruned.simulation.report
    table = Table(title=f"Dense against pruned to {pruned.budget_ms:.4f} ms", title_justify="left")
    table.add_column("what")
    for column in ("dense", "pruned", "of dense"):
        table.add_column(column, justify="right")
    table.add_column("origin")
    for name in ("float", "int8"):
        before, after = evaluated[f"accuracy_{name}"], session[f"accuracy_{name}"]
        points = f"{100 * (after - before):+.2f} points"
        table.add_row(f"accuracy, {name}", f"{before:.2%}", f"{after:.2%}", points, "all test images")
    parameters = (pruned.reachable[-1]["params"], session["params"])
    for what, (before, after), form, origin in (
        ("latency, ms", (dense["latency_ms"], small["latency_ms"]), ".4f", "measured on RTL"),
        ("cycles", (dense["cycles"], small["cycles"]), ",.0f", "measured on RTL"),
        ("energy, mJ", (dense["energy_mj"], small["energy_mj"]), ".4f", "modelled from RTL counters"),
        ("parameters", parameters, ",.0f", "counted, zeros included"),
    ):
        table.add_row(what, f"{before:{form}}", f"{after:{form}}", f"{after / before:.1%}", origin)
    return table


def _notes_on(pruned: Pruned) -> list[Text]:
    session, report = pruned.session, pruned.simulation.report
    verdict = "identical to" if report["bit_exact"] else "DIFFERENT FROM"
    spent = f"Trained in {session['wall_s']:.0f} s"
    if session["train_energy_wh"] is not None:
        spent += f" with {session['train_energy_wh']:.2f} Wh ({session['footprint_method']})"
    return [
        Text(f"Its outputs of {report['inputs']} images on the RTL are {verdict} the golden model's."),
        Text(f"{spent}."),
        Text(f"In the workspace: {pruned.page}, {pruned.simulation.page}"),
    ]


def _summary(findings: Findings) -> Table:
    evaluated, simulated = findings.evaluated, findings.simulated
    images = f"{evaluated['images']:,} test images"
    clock = f"measured on RTL, at {simulated['clock_mhz']:g} MHz"
    table = Table(title=f"ResNet-8 on {simulated['accelerator']}", title_justify="left", show_header=False)
    for column in ("what", "figure", "origin"):
        table.add_column(column, justify="right" if column == "figure" else "left")
    rows = [
        ("accuracy, float", f"{evaluated['accuracy_float']:.2%}", f"{images}, {findings.prepared.dataset}"),
        ("accuracy, int8", f"{evaluated['accuracy_int8']:.2%}", f"{images}, as the accelerator computes them"),
        ("cycles", f"{simulated['cycles']:,.0f}", "measured on RTL"),
        ("cycles, expert estimate", f"{simulated['expert_cycles']:,.0f}", _deviation(simulated)),
        ("latency", f"{simulated['latency_ms']:.3f} ms", clock),
        ("throughput", f"{simulated['throughput_fps']:,.0f} frames/s", clock),
        ("utilisation", f"{simulated['utilisation']:.1%}", "useful multiply-accumulates / (cycles x cells)"),
        ("energy", f"{simulated['energy_mj']:.3f} mJ", "modelled: RTL counters x energy table + static power x time"),
        ("power", f"{simulated['power_mw']:,.0f} mW", "modelled: energy / latency"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _deviation(simulated: Mapping[str, Any]) -> str:
    return f"closed form, {simulated['expert_cycles'] / simulated['cycles'] - 1:+.1%} against the RTL"


def _layers(simulated: Mapping[str, Any]) -> Table:
    table = Table(title="Layer by layer, measured on RTL", title_justify="left")
    table.add_column("layer")
    table.add_column("operator")
    for column in ("cycles", "stalled", "utilisation", "MACs", "DRAM bytes", "energy µJ"):
        table.add_column(column, justify="right")
    for layer in simulated["layers"]:
        table.add_row(
            layer["name"],
            layer["operator"],
            f"{layer['cycles']:,}",
            f"{sum(layer['stalls'].values()):,}",
            f"{layer['utilisation']:.1%}",
            f"{layer['macs']:,}",
            f"{layer['dram_bytes']:,}",
            f"{layer['energy_mj'] * 1000:.2f}",
        )
    return table


def _notes(findings: Findings) -> list[Text]:
    prepared, simulated = findings.prepared, findings.simulated
    verdict = "identical to" if simulated["bit_exact"] else "DIFFERENT FROM"
    trained = f"{prepared.training_seconds:.0f} s" + (", in an earlier run" if prepared.reused else "")
    speed = f"{simulated['simulated_cycles_per_s'] / 1e6:.1f} million cycles/s"
    return [
        Text(f"Outputs of {simulated['inputs']} images on the RTL are {verdict} the golden model's."),
        Text(f"Trained in {trained}."),
        Text(f"Compiled in {simulated['compile_s']:.2f} s, simulated in {simulated['simulate_s']:.2f} s ({speed})."),
        Text(f"Network and data: {prepared.folder}"),
        Text(f"In the workspace: {findings.page}"),
    ]
