"""What a row follows from besides its network and accelerator: digests that change with the hardware, the compiler or the schema."""

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import contracts
import hwservice
from contracts.accelerator import Accelerator
from contracts.dataset import SCHEMA_VERSION
from contracts.energy import EnergyTable, default_table_name, load_table
from hwservice.content_cache import digest_of
from hwservice.elaborate import elaborate
from hwservice.simulators.verilated import HARNESS

_OF_HWSERVICE = ("compiler", "ir", "quantise", "structures")
_OF_CONTRACTS = ("accelerator.py", "expert.py", "isa.py", "network.py", "energy", "structure")


def code_digest(accelerator: Accelerator) -> str:
    """Of the accelerator's Verilog, the harness, all that compiles and estimates, and the energy table."""
    table = repr(table_of(accelerator))
    return digest_of([str(SCHEMA_VERSION), elaborate(accelerator), *HARNESS, compiling_digest(), table])


@cache
def table_of(accelerator: Accelerator) -> EnergyTable:
    """The energy table of an accelerator's board, read once."""
    return load_table(default_table_name(accelerator))


@cache
def compiling_digest() -> str:
    """Of the code that a program and an estimate follow from; not of samplers and families, whose structures are in the key."""
    roots = [Path(hwservice.__path__[0]) / name for name in _OF_HWSERVICE]
    roots += [Path(contracts.__path__[0]) / name for name in _OF_CONTRACTS]
    files = [file for root in roots for file in (sorted(root.rglob("*.py")) if root.is_dir() else [root])]
    left_out = {"samplers.py", "shrink.py"}
    return digest_of([file for file in files if file.name not in left_out and file.parent.name != "families"])


def accelerator_digest(accelerator: Accelerator) -> str:
    """Of hardware parameters, DRAM latency, clock, board and DRAM."""
    values = {name: value for name, value in asdict(accelerator).items() if name not in ("name", "clock_origin")}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def run_key(structure: str, weight_seed: int, accelerator: Accelerator, code: str) -> str:
    """The name of a row: equal for equal work."""
    return digest_of([structure, str(weight_seed), accelerator_digest(accelerator), accelerator.name, code])
