"""The front half of the compiler in two calls: read a network, quantise it."""

from hwservice.pipeline import load_network
from hwservice.quantise import QuantiseOptions, quantise
from hwservice.quantise.error import FloatError, error_against_float, evaluate_float

__all__ = ["FloatError", "QuantiseOptions", "error_against_float", "evaluate_float", "load_network", "quantise"]
