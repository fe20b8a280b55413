"""From the float network to the integer network: ranges from data, scales, integer weights."""

from contracts.quantisation import QuantiseOptions
from hwservice.quantise.network import quantise

__all__ = ["QuantiseOptions", "quantise"]
