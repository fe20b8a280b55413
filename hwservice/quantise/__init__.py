"""From the float network to the integer network: ranges from data, scales, integer weights."""

from hwservice.quantise.network import QuantiseOptions, quantise

__all__ = ["QuantiseOptions", "quantise"]
