"""Names of all kinds of predictors; apart, so that command lines know them without the learning libraries."""

from typing import Final

from mlservice.predictors.targets import Target

BOOSTED: Final = ("network", "layers", "hybrid", "hybrid-layers")
KINDS: Final = ("expert", "linear", *BOOSTED, "surrogate")
USUAL: Final = ("expert", "linear", "network", "hybrid")
"""What a predictor is compared with where nobody says otherwise: the closed form, the naive one, learned, and learned on the closed form."""
ACCURACY_KINDS: Final = ("linear", "network")
"""Those that accuracy can be learned by: no expert foretells it, and it is no sum over layers."""


def kinds_for(target: Target) -> tuple[str, ...]:
    """The kinds that can be fitted to a target."""
    return ACCURACY_KINDS if target is Target.ACCURACY else KINDS
