"""The pins of the top module by name: integers in, integers out."""

from typing import Any


class Pins:
    """Reads and drives pins of a cocotb handle. A write of the value that a pin already has is left out: it costs time."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        self._handles: dict[str, Any] = {}
        self._driven: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return int(self._handle(name).value)

    def __setitem__(self, name: str, value: int) -> None:
        if self._driven.get(name) == value:
            return
        self._driven[name] = value
        self._handle(name).value = value

    def _handle(self, name: str) -> Any:
        if name not in self._handles:
            self._handles[name] = getattr(self._dut, name)
        return self._handles[name]
