"""The demonstration's account: who it is, and how others are told."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ACCOUNT_FILE: Final = "demo-account.json"


def account_of(folder: Path) -> dict[str, str]:
    """Its `email`, `password` and `token`; empty where the workspace has none."""
    file = folder / ACCOUNT_FILE
    found: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
    return found


def variables(address: str, account: Mapping[str, str]) -> dict[str, str]:
    """Our environment, and how a program reaches the workspace as this account."""
    return {**os.environ, "PROPRUNN_URL": address, "PROPRUNN_TOKEN": account["token"]}
