"""Energy is modelled: hardware counters x energy per action from a table, plus static power x time."""

from contracts.energy.model import ACTION_TEXT, Energy, energy
from contracts.energy.table import EnergyEntry, EnergyTable, default_table_name, load_table, table_names

__all__ = [
    "ACTION_TEXT",
    "Energy",
    "EnergyEntry",
    "EnergyTable",
    "default_table_name",
    "energy",
    "load_table",
    "table_names",
]
