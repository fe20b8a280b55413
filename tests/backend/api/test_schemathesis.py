"""schemathesis over the whole description: whatever it makes up, the answer is one that the description knows."""

from typing import Any, Final

import pytest
import schemathesis
from django.core.cache import cache
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from requests.adapters import HTTPAdapter
from schemathesis.config import SchemathesisConfig

from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from tests.backend.api.in_process import BASE, send
from tests.backend.api.world import World, filled

EXAMPLES: Final = 15
"""For each operation, beside those that schemathesis derives from every bound and type of the description."""
# No schema can say that a name must exist, that an option is of another kind of job, that a cursor is of another list, that
# a condition does not hold, or that a range lies beyond the end: hence 422, 412 and 416 for what fits the schema.
MEANING: Final = ["2xx", "304", "401", "403", "404", "409", "412", "416", "422"]
CONFIG: Final = {
    "seed": 4,
    "generation": {"max-examples": EXAMPLES, "deterministic": True},
    "checks": {"positive_data_acceptance": {"expected-statuses": MEANING}},
}
NAMED: Final = {
    **{
        name: f"{{{name}}}"
        for name in (
            "project",
            "network",
            "data",
            "accelerator",
            "run",
            "campaign",
            "predictor",
            "webhook",
            "delivery",
            "token",
        )
    },
    **{"job": "{finished}", "user": "{viewer}"},
}
"""What path parameters name: `{…}` is filled in from the test's world when the request is sent."""


def described() -> dict[str, Any]:
    """The description, with names that exist as one choice of two for what stands in paths."""
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # has no types
    for methods in found["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in NAMED:
                    parameter["schema"] = {"enum": [NAMED[parameter["name"]], "unknown"]}
    return found


schema: Final = schemathesis.openapi.from_dict(described(), config=SchemathesisConfig.from_dict(CONFIG))


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some checks send requests of their own, so the session alone would not do."""
    monkeypatch.setattr(HTTPAdapter, "send", send)


@pytest.mark.slow
@pytest.mark.usefixtures("in_process")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_every_answer_is_one_that_the_description_knows(case: Any, world: World, owner: User, operator: User) -> None:
    cache.clear()  # what was counted against too frequent tries
    text = issue(operator if "/admin/" in case.operation.path else owner, "schemathesis", list(Scope))[1]
    known = NAMED.values()
    case.path_parameters = {
        name: filled(value, world) if value in known else value for name, value in case.path_parameters.items()
    }
    case.call_and_validate(base_url=BASE, headers={"Authorization": f"Bearer {text}"})
