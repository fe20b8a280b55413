"""The errors a user can cause, and the one tree they form."""


class ProPruNNError(Exception):
    """Base of all errors that this project raises on purpose. The message names the thing, its value and the likely fix."""


class InputError(ProPruNNError):
    """What came from outside is wrong; trying again does not help."""


class AcceleratorError(InputError):
    """An accelerator description that cannot be built, or that a program was not made for."""


class NetworkError(InputError):
    """A network that cannot be read, or holds something that the accelerator does not do."""


class CalibrationError(InputError):
    """Calibration data or inputs that do not fit the network."""


class CapacityError(InputError):
    """The accelerator is too small for the network, even cut into the smallest bands."""


class ToolError(ProPruNNError):
    """A tool of the machine (Java, a compiler, a simulator) is missing or failed; the message holds its own words."""


class CancelledError(ProPruNNError):
    """The user cancelled the work."""
