"""Which hardware side a process asks."""

from collections.abc import Mapping

from contracts.errors import InputError
from mlservice.hardware.command import CommandLine
from mlservice.hardware.port import Hardware
from mlservice.hardware.service import TOKEN_VARIABLE, URL_VARIABLE, HardwareService


def hardware_of(environment: Mapping[str, str]) -> Hardware:
    """The hardware service where its address is set, else its command line on this machine.

    Raises:
        InputError: there is an address and no token.
    """
    url = environment.get(URL_VARIABLE, "")
    if not url:
        return CommandLine()
    token = environment.get(TOKEN_VARIABLE, "")
    if not token:
        raise InputError(
            f"{URL_VARIABLE} is {url!r} and {TOKEN_VARIABLE} is not set: give the hardware service's token"
        )
    return HardwareService(url, token)
