"""Watches the AXI pins: a log of handshakes, a digest over every cycle, and AXI's own rules."""

from dataclasses import dataclass

from tests.cosim.testbench.pins import Pins


@dataclass(frozen=True)
class Watched:
    """A channel: the prefix of its pins, whether the accelerator is its source, and what it carries."""

    name: str
    prefix: str
    from_accelerator: bool
    low: str = ""
    """Pin whose low 32 bits are logged."""
    high: str = ""
    """Pin that is logged above those."""


CHANNELS = (
    Watched("ar", "m_axi_ar", True, "m_axi_araddr", "m_axi_arlen"),
    Watched("r", "m_axi_r", False, "m_axi_rdata", "m_axi_rlast"),
    Watched("aw", "m_axi_aw", True, "m_axi_awaddr", "m_axi_awlen"),
    Watched("w", "m_axi_w", True, "m_axi_wdata", "m_axi_wlast"),
    Watched("b", "m_axi_b", False, "m_axi_bresp"),
    Watched("lite_ar", "s_axi_ar", False, "s_axi_araddr"),
    Watched("lite_r", "s_axi_r", True, "s_axi_rdata"),
    Watched("lite_aw", "s_axi_aw", False, "s_axi_awaddr"),
    Watched("lite_w", "s_axi_w", False, "s_axi_wdata"),
    Watched("lite_b", "s_axi_b", True, "s_axi_bresp"),
)
PAGE = 4096
"""No AXI burst crosses a border of so many bytes."""


class Monitor:
    """The twin of `hwservice/simulators/pin_log.h`, which also holds the accelerator to AXI's rules."""

    def __init__(self, pins: Pins, beat_bytes: int) -> None:
        self._pins, self._beat = pins, beat_bytes
        self.lines: list[str] = []
        self._digest, self._cycles = 0xCBF29CE484222325, 0
        self.reset()

    def reset(self) -> None:
        """What was offered before a reset need not be held."""
        self._offered: dict[str, int] = {}

    def sample(self, cycle: int) -> None:
        """One cycle, after combinational outputs have settled; cycles of reset do not count."""
        if self._pins["reset"]:
            return
        self._cycles += 1
        for channel in CHANNELS:
            valid, ready = self._pins[f"{channel.prefix}valid"], self._pins[f"{channel.prefix}ready"]
            self._mix(valid | ready << 1)
            payload = self._payload(channel) if valid else 0
            if valid:
                self._mix(payload)
            if valid and ready:
                self.lines.append(f"{cycle} {channel.name} {payload:x}")
            if channel.from_accelerator:
                self._hold(channel.name, valid, ready, payload)

    def log(self) -> str:
        """What `PinLog` writes."""
        return "\n".join([*self.lines, f"digest {self._cycles} {self._digest:016x}", ""])

    def _payload(self, channel: Watched) -> int:
        low = self._pins[channel.low] & 0xFFFFFFFF
        return low | (self._pins[channel.high] << 32 if channel.high else 0)

    def _mix(self, word: int) -> None:
        self._digest = ((self._digest ^ word) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF

    def _hold(self, name: str, valid: int, ready: int, payload: int) -> None:
        """An offer stands, unchanged, until it is taken; a burst stays in its page."""
        before = self._offered.get(name)
        assert before is None or (valid and payload == before), f"{name}: an offer of {before:#x} was changed"
        if valid and name in ("ar", "aw"):
            address, beats = payload & 0xFFFFFFFF, (payload >> 32) + 1
            assert address % PAGE + beats * self._beat <= PAGE, f"{name}: {beats} beats at {address:#x} cross a page"
        self._offered.pop(name, None)
        if valid and not ready:
            self._offered[name] = payload
