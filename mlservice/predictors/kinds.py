"""Names of all kinds of predictors; apart, so that command lines know them without the learning libraries."""

from typing import Final

BOOSTED: Final = ("network", "layers", "hybrid", "hybrid-layers")
KINDS: Final = ("expert", "linear", *BOOSTED, "surrogate")
