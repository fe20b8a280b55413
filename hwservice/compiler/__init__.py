"""The back half of the compiler: from the integer network to a program for one accelerator."""

from hwservice.compiler.compile import BACK_PASSES, compile_network
from hwservice.compiler.listing import listing

__all__ = ["BACK_PASSES", "compile_network", "listing"]
