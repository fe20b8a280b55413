"""When a channel stalls: the twin of `hwservice/simulators/stalls.h`."""

from dataclasses import dataclass

from hwservice.simulators.result import STALL_CHANNELS, SimulationOptions

_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Stalls:
    """A function of seed, channel and cycle alone, so that every testbench stalls alike."""

    options: SimulationOptions

    def open(self, channel: str, cycle: int) -> bool:
        """Whether the channel moves in that cycle."""
        o = self.options
        if o.stall_probability <= 0 or channel not in o.stall_channels:
            return True
        return _share(o.stall_seed, STALL_CHANNELS.index(channel), cycle) >= o.stall_probability


def _share(seed: int, channel: int, cycle: int) -> float:
    """0 to 1, by the finaliser of splitmix64."""
    x = (seed * 0x9E3779B97F4A7C15 + channel * 0xD1B54A32D192ED03 + cycle * 0x8CB92BA72F3D8DD7) & _MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & _MASK
    return float((x ^ x >> 31) >> 11) * 2.0**-53
