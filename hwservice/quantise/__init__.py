"""From the float network to the integer network: ranges from data, scales, integer weights."""

from hwservice.quantise.network import quantise
from hwservice.quantise.options import QuantiseOptions

__all__ = ["QuantiseOptions", "quantise"]
