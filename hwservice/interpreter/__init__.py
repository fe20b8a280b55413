"""The golden interpreter: plain Python and numpy that define what every instruction means.

It runs a program from a DRAM image in program order, which is a valid order for every program that cannot deadlock, and leaves in
DRAM, bit for bit, what the hardware leaves there (snapshots of counters excepted: it has no clock).
"""

from hwservice.interpreter.machine import Machine, Outcome

__all__ = ["Machine", "Outcome"]
