"""Where both services keep what they fetch or build."""

import os
from pathlib import Path

from contracts.errors import ToolError


def cache_directory() -> Path:
    """The folder for everything that can be fetched or built again; it exists on return.

    `$PROPRUNN_CACHE`, else `proprunn` in `$XDG_CACHE_HOME`, else `~/.cache/proprunn`.

    Raises:
        ToolError: the folder cannot be created.
    """
    chosen = os.environ.get("PROPRUNN_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = (Path(chosen) if chosen else Path(shared) / "proprunn").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"cannot create the cache folder {folder} ({error.strerror}): set PROPRUNN_CACHE") from error
    return folder
