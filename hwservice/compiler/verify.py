"""Check of finished programs: accesses of different units to the same place, one of them a write, are ordered by tokens.

The golden interpreter runs instructions one after the other and cannot see a token that is missing; the hardware can lose to one.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from contracts.isa import HEADER_BYTES, INSTRUCTION_BYTES, TOKEN_LIMIT, ExecutionUnit, Opcode, decode, unit_of
from hwservice.compiler.early import RecentDrains
from hwservice.compiler.footprint import Access, Fields, Footprints, Memory
from hwservice.ir.program import Program

Numbers = NDArray[np.int32]


class Agent(IntEnum):
    """Who accesses memories, each in order: the three units, and behind COMPUTE's vectors its drains, which read records first."""

    LOAD = ExecutionUnit.LOAD
    COMPUTE = ExecutionUnit.COMPUTE
    STORE = ExecutionUnit.STORE
    RECORD = 3
    DRAIN = 4


_COMPUTE = (Agent.COMPUTE, Agent.RECORD, Agent.DRAIN)
Clock = tuple[int, ...]
"""Instructions of each agent that have finished."""


@dataclass(frozen=True)
class Hazard:
    """Two instructions that nothing keeps in order, or tokens that a counter may not hold."""

    instruction: int
    what: str

    def __str__(self) -> str:
        return f"instruction {self.instruction}: {self.what}"


def hazards(program: Program) -> list[Hazard]:
    """Everything in a program that may go wrong although it is right when its instructions run one after the other."""
    footprints, order, shadow = Footprints(program), _Order(), _Shadow(program)
    recent = RecentDrains(footprints)
    found: list[Hazard] = []
    for index in range(program.instruction_count):
        start = HEADER_BYTES + index * INSTRUCTION_BYTES
        opcode, fields = decode(program.image[start : start + INSTRUCTION_BYTES].tobytes())
        unit = unit_of(opcode, fields)
        known, overflow = order.enter(opcode, unit, fields)
        found += (
            [Hazard(index, f"{overflow.name} may hold no more tokens of {unit.name}")] if overflow is not None else []
        )
        start = footprints.follow(opcode, fields)
        if recent.behind_border(opcode):
            found += [Hazard(index, what) for what in _too_early(recent, fields, start)]
        recent.follow(opcode, fields, start)
        for access in footprints.of(opcode, fields, start):
            agent = _agent(unit, access)
            found += [Hazard(index, what) for what in shadow.conflicts(agent, known, access)]
            shadow.note(agent, order.count[unit], access)
    return found


def _too_early(recent: RecentDrains, f: Fields, start: int) -> Iterator[str]:
    """A COMPUTE's vectors that do not wait for the last drained tiles, although they read what those write."""
    ahead = min(f["ahead"], f["list_length"] * f["tiles"])
    if not ahead or not f["lag"]:
        return
    clear = dict.fromkeys(range(1, f["lag"] + 1), 0)
    clear |= {lag: vectors for lag, vectors, _ in recent.clear_vectors(f, start)}
    drained = min(f["lag"], recent.count)
    if drained and clear[drained] < ahead:
        yield f"{ahead} vectors do not wait for the last {f['lag']} drained tiles, but vector {clear[drained]} reads what they write"


def _agent(unit: ExecutionUnit, access: Access) -> Agent:
    if not access.drains:
        return Agent(unit)
    return Agent.RECORD if access.memory is Memory.RECORD else Agent.DRAIN


class _Order:
    """What each unit knows to have finished when it starts an instruction (vector clocks over tokens)."""

    def __init__(self) -> None:
        self.count = dict.fromkeys(ExecutionUnit, 0)
        self.known: dict[ExecutionUnit, Clock] = dict.fromkeys(ExecutionUnit, (0,) * len(Agent))
        self.tokens: dict[tuple[ExecutionUnit, ExecutionUnit], deque[Clock]] = {
            (u, o): deque() for u in ExecutionUnit for o in u.others
        }
        self.given = dict.fromkeys(self.tokens, 0)
        self.taken = {pair: [0] for pair in self.tokens}
        """Tokens taken by the first n instructions of the taker."""
        self.fence = False
        self.draining = 0
        """The last COMPUTE that drains, as its number plus one."""

    def enter(self, opcode: Opcode, unit: ExecutionUnit, f: Fields) -> tuple[Clock, ExecutionUnit | None]:
        """What is known when this instruction starts; and whose counter of this unit's tokens may overflow with it."""
        known = self.known[unit]
        for other, wait in zip(unit.others, (f["wait_a"], f["wait_b"]), strict=True):
            for _ in range(wait):
                known = _later(known, self.tokens[other, unit].popleft())
            self.taken[other, unit].append(self.taken[other, unit][-1] + wait)
        if opcode in {Opcode.GEOMETRY, Opcode.OUTPUT, Opcode.MARK}:
            self.fence = True
        elif unit is ExecutionUnit.COMPUTE and (self.fence or opcode is not Opcode.COMPUTE):
            known = _later(known, _finished(self.count[unit], *_COMPUTE))
            self.fence = False
        self.known[unit] = known
        self.count[unit] += 1
        if opcode is Opcode.COMPUTE and f["last"]:
            self.draining = self.count[unit]
        return known, self._signal(opcode, unit, f)

    def _signal(self, opcode: Opcode, unit: ExecutionUnit, f: Fields) -> ExecutionUnit | None:
        """Give tokens.

        Settings are read ahead. A COMPUTE that does not drain may overtake drains; those before the last one have at least left
        the drain registers, and with them their records.
        """
        overflow = None
        if opcode in {Opcode.GEOMETRY, Opcode.OUTPUT}:
            finished = self.known[unit]
        elif unit is not ExecutionUnit.COMPUTE:
            finished = _later(self.known[unit], _finished(self.count[unit], Agent(unit)))
        elif opcode is Opcode.COMPUTE and not f["last"]:
            records = _finished(max(0, self.draining - 1), Agent.RECORD)
            finished = _later(_later(self.known[unit], records), _finished(self.count[unit], Agent.COMPUTE))
        else:
            finished = _later(self.known[unit], _finished(self.count[unit], *_COMPUTE))
        for other, signal in zip(unit.others, (f["signal_a"], f["signal_b"]), strict=True):
            if signal:
                self.tokens[unit, other].append(finished)
                self.given[unit, other] += 1
                taken = self.taken[unit, other][self.known[unit][other]]
                overflow = other if self.given[unit, other] - taken > TOKEN_LIMIT else overflow
        return overflow


def _later(a: Clock, b: Clock) -> Clock:
    return tuple(map(max, a, b))


def _finished(count: int, *agents: Agent) -> Clock:
    return tuple(count if agent in agents else 0 for agent in Agent)


class _Shadow:
    """For every place of every memory, the last read and write of each agent, as the number of that instruction plus one."""

    def __init__(self, program: Program) -> None:
        a = program.accelerator
        sizes = {
            Memory.VECTOR: a.vector_depth,
            Memory.LIST: a.list_depth,
            Memory.RECORD: a.record_depth,
            Memory.BANK: a.bank_depth,
            Memory.DRAM: -(-(program.dram_bytes - len(program.image)) // a.dram_bytes) + 1,
        }
        kinds = ((agent, writes) for agent in Agent for writes in (False, True))
        self.last: dict[tuple[Agent, bool, Memory], Numbers] = {
            (*kind, memory): np.zeros(size, np.int32) for kind in kinds for memory, size in sizes.items()
        }

    def conflicts(self, agent: Agent, known: Clock, access: Access) -> Iterator[str]:
        """Earlier accesses of others, and drains before drains that read them, that need not have finished."""
        if not len(access.places):
            return
        for other in Agent:
            for writes in (True, False):
                if not (writes or access.writes) or _in_order(other, agent, access.writes):
                    continue
                last = self.last[other, writes, access.memory][access.places]
                if last.max() > known[other]:
                    place = int(access.places[last.argmax()])
                    yield (
                        f"{agent.name} {'writes' if access.writes else 'reads'} {access.memory.name} {place} while {other.name} "
                        f"may not have {'written' if writes else 'read'} it ({last.max()} of its instructions must have "
                        f"finished, {known[other]} have)"
                    )

    def note(self, agent: Agent, number: int, access: Access) -> None:
        """Remember an access of instruction `number` - 1 of its unit."""
        self.last[agent, access.writes, access.memory][access.places] = number


def _in_order(before: Agent, agent: Agent, writes: bool) -> bool:
    """The hardware keeps them in order: an agent with itself, but for drains that read what drains wrote; vectors before drains."""
    if before is agent:
        return writes or agent is not Agent.DRAIN
    return before in _COMPUTE and agent in _COMPUTE[_COMPUTE.index(before) + 1 :]
