"""From a structure to a network with seeded weights: as an integer network at once, or (`model`) as the same network in ONNX."""

from hwservice.structures.network import integer_network
from hwservice.structures.weights import Drawn, draw

__all__ = ["Drawn", "draw", "integer_network"]
