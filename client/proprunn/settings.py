"""Where the installation is and who asks: arguments, then the environment, then what `proprunn login` wrote."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from proprunn.errors import UserError

URL_VARIABLE: Final = "PROPRUNN_URL"
TOKEN_VARIABLE: Final = "PROPRUNN_TOKEN"  # noqa: S105  # the variable's name
FILE_VARIABLE: Final = "PROPRUNN_CONFIG"


@dataclass(frozen=True)
class Access:
    """An installation's address without `/api/v1`, and a token `ppn_<key>.<secret>`."""

    url: str
    token: str


def config_file() -> Path:
    """Where the token is kept: `PROPRUNN_CONFIG`, or `proprunn/client.json` among the user's settings."""
    if given := os.environ.get(FILE_VARIABLE):
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "proprunn" / "client.json"


def access(url: str | None = None, token: str | None = None) -> Access:
    """Address and token. A kept token is only used with the address that it was kept for.

    Raises:
        UserError: one of them is nowhere, or the address is none.
    """
    kept = _kept()
    url = url or os.environ.get(URL_VARIABLE) or (kept.url if kept else None)
    if not url:
        raise UserError(f"no address is given; set {URL_VARIABLE} or run: proprunn login")
    url = checked_url(url)
    token = token or os.environ.get(TOKEN_VARIABLE) or (kept.token if kept and kept.url == url else None)
    if not token:
        raise UserError(f"no token is given for {url}; set {TOKEN_VARIABLE} or run: proprunn login")
    return Access(url, token)


def checked_url(url: str) -> str:
    """An address as it is kept.

    Raises:
        UserError: it is no address of a web server.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UserError(f"the address is {url!r}; it should look like http://127.0.0.1:8100")
    return url.rstrip("/").removesuffix("/api/v1")


def keep(found: Access) -> Path:
    """Write a token where only its user may read it."""
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as text:
        json.dump({"url": found.url, "token": found.token}, text)
    fresh.replace(file)
    return file


def _kept() -> Access | None:
    file = config_file()
    try:
        values = json.loads(file.read_text())
        return Access(str(values["url"]), str(values["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} cannot be read ({error}); run: proprunn login") from error
