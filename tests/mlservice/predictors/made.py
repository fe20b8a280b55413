"""A data set without simulations: what is 'measured' is the expert's estimate times a law that features can tell.

The twin of a campaign's tables for tests of logic; figures of real hardware come from `docs/predictors.md`'s commands.
"""

import numpy as np
import pandas as pd

from contracts.accelerator import HARDWARE_FIELDS, PRESETS, Accelerator
from contracts.structure import Structure
from contracts.structure.facts import facts_of
from contracts.structure.families import FAMILIES

ACCELERATORS = ("edge-8x8", "pynq-8x32", "square-16x16")


def structure(family: str, rng: np.random.Generator) -> Structure:
    """A small network of a family, with widths at random."""
    some = sorted(int(w) for w in rng.integers(4, 64, 3))
    size = (3, 16, 16) if rng.random() < 0.5 else (3, 20, 20)
    if family == "resnet":
        return FAMILIES["resnet"](size, some)
    if family == "plain":
        return FAMILIES["plain"](size, some)
    return FAMILIES["mobilenet_v1"](size, [int(w) for w in rng.integers(8, 64, 4)], strides=(1, 2, 1, 2))


def tables(count: int = 240, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Networks and layers, a third of them of each family; splits as a campaign assigns them."""
    rng = np.random.default_rng(seed)
    networks, layers = [], []
    for number in range(count):
        family = ("resnet", "plain", "mobilenet_v1")[number % 3]
        accelerator = PRESETS[ACCELERATORS[int(rng.integers(3))]]
        made = structure(family, rng)
        row, stretches = _simulated(made, accelerator, f"run{number:05}")
        row |= {"family": family, "group": f"group{number // 2}", "status": "done", "energy_table": "fpga-board"}
        row |= {"split_random": "test" if number // 2 % 5 == 0 else "train"}
        row |= {"split_family": "test" if family == "mobilenet_v1" else "train"}
        row |= {"split_accelerator": "test" if accelerator.name == ACCELERATORS[0] else "train"}
        networks.append(row)
        layers += stretches
    return pd.DataFrame(networks), pd.DataFrame(layers)


def _simulated(
    made: Structure, accelerator: Accelerator, run: str
) -> tuple[dict[str, object], list[dict[str, object]]]:
    facts = facts_of(made, accelerator)
    over = facts.columns["filters"][0] % accelerator.rows / accelerator.rows
    scatter = facts.columns["scatter"][0]
    cycles = np.rint(facts.cycles[0] * (1.02 + 0.10 * over + 0.05 * scatter))
    energies = cycles * 2e-5 + facts.columns["stream_bytes"][0] * 1e-7
    tail = {"run": run, "index": len(cycles), "name": "(end)", "cycles": 60, "energy_mj": 60 * 2e-5}
    stretches = [
        {"run": run, "index": k, "name": f"l{k}", "cycles": float(c), "energy_mj": float(e)}
        for k, (c, e) in enumerate(zip(cycles, energies, strict=True))
    ]
    hardware = {f"hw_{name}": getattr(accelerator, name) for name in (*HARDWARE_FIELDS, "dram_latency", "clock_mhz")}
    row = {"run": run, "structure": made.digest, "accelerator": accelerator.name, "spec": made.to_json(), **hardware}
    row |= {"cycles": int(cycles.sum()) + 60, "energy_mj": float(energies.sum()) + 60 * 2e-5}
    return row, [*stretches, tail]
