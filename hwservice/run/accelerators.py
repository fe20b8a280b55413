"""An accelerator by name or file."""

import json
from pathlib import Path
from typing import Final

from contracts.accelerator import PRESETS, Accelerator
from contracts.errors import AcceleratorError

MAXIMUM_BYTES: Final = 1 << 16


def find_accelerator(name_or_file: str) -> Accelerator:
    """The preset of that name, or the one that a JSON file describes.

    Raises:
        AcceleratorError: neither, or the description is not valid; the message names the field and its value.
    """
    if name_or_file in PRESETS:
        return PRESETS[name_or_file]
    path = Path(name_or_file)
    if not path.is_file():
        raise AcceleratorError(f"accelerator {name_or_file!r} is neither a file nor one of {', '.join(PRESETS)}")
    if path.stat().st_size > MAXIMUM_BYTES:
        raise AcceleratorError(f"{path} has {path.stat().st_size} bytes; a description has at most {MAXIMUM_BYTES}")
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError, OSError) as error:
        raise AcceleratorError(f"{path} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise AcceleratorError(
            f"{path} holds {type(values).__name__}; it must hold an object with an accelerator's fields"
        )
    return Accelerator.from_mapping(values)
