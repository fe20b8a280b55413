"""What the learning side asks of the hardware side: accuracy of the integer network, and what the RTL measures."""

from mlservice.hardware.choice import hardware_of
from mlservice.hardware.command import CommandLine
from mlservice.hardware.port import PROGRAM, SIMULATION, Hardware
from mlservice.hardware.service import TOKEN_VARIABLE, URL_VARIABLE, HardwareService

__all__ = [
    "PROGRAM",
    "SIMULATION",
    "TOKEN_VARIABLE",
    "URL_VARIABLE",
    "CommandLine",
    "Hardware",
    "HardwareService",
    "hardware_of",
]
