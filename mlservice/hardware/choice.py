"""Which hardware side a process asks."""

from collections.abc import Callable, Mapping

from contracts.errors import InputError
from mlservice.hardware.command import CommandLine
from mlservice.hardware.port import Hardware
from mlservice.hardware.service import TOKEN_VARIABLE, URL_VARIABLE, HardwareService


def hardware_of(environment: Mapping[str, str], cancelled: Callable[[], bool] = lambda: False) -> Hardware:
    """The hardware service where its address is set, else its command line on this machine.

    Args:
        environment: of the process.
        cancelled: asked while an answer is waited for; once it says so, the question ends.

    Raises:
        InputError: there is an address and no token.
    """
    url = environment.get(URL_VARIABLE, "")
    if not url:
        return CommandLine(cancelled=cancelled)
    token = environment.get(TOKEN_VARIABLE, "")
    if not token:
        raise InputError(
            f"{URL_VARIABLE} is {url!r} and {TOKEN_VARIABLE} is not set: give the hardware service's token"
        )
    return HardwareService(url, token, cancelled=cancelled)
