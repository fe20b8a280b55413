"""What learned costs stand on, so that runs with another predictor are other runs."""

import hashlib
import json
from pathlib import Path
from typing import Final

from mlservice.predictors.registry import Registry

_DECIDE: Final = ("name", "kind", "target", "data_digest", "rows", "split", "features", "seed")
"""Of a predictor's card; the same of these gives the same predictor."""


def digest_of_predictors(cost: str, folder: Path | None = None) -> str:
    """Over what the predictors that a cost may ask were fitted to, and how; empty where it asks none.

    Args:
        cost: who foretells costs; `learned:NAME` names one.
        folder: of the registry; the user's own where absent.

    Raises:
        InputError: the registry has no such predictor.
    """
    kind, _, name = cost.partition(":")
    if kind not in ("learned", "surrogate"):
        return ""
    registry = Registry(folder)
    surrogate = kind == "surrogate"
    cards = [registry.card(name)] if name else [c for c in registry.cards() if (c.kind == "surrogate") == surrogate]
    told = [[card.to_mapping()[field] for field in _DECIDE] for card in cards]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
