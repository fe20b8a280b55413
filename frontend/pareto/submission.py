"""The form that starts a sweep: methods, budgets and seeds as one job."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.http import HttpResponse, QueryDict

from backend.jobs.orders import Wish
from contracts.job import JobKind
from contracts.learning import SWEPT, ParetoOptions
from frontend.forms import FormError
from frontend.page import PageRequest, signed_in
from frontend.pruning.fields import SESSION_NUMBERS, SESSION_TEXTS, JobForm, Values, lists_from, options_from

_UNITS: Final = tuple(zip(SWEPT, ("shares of the dense latency", "latencies in ms", "energies in mJ"), strict=True))
_USUAL: Final = {
    **asdict(ParetoOptions(methods=("priced-gates", "uniform-aligned"), shares=(0.5, 0.25))),
    "unit": SWEPT[0],
    "budgets": "0.5, 0.25",
    "seeds": "0",
}
_NUMBERS: Final[Mapping[str, type]] = {**SESSION_NUMBERS, "side_by_side": int}


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """The form of a sweep."""
    return _SWEEP.answer(request, project)


def _swept(given: QueryDict) -> Wish:
    options: dict[str, Any] = options_from(given, (*SESSION_TEXTS, "cost"), _NUMBERS)
    lists = lists_from(given, {"budgets": float, "seeds": int})
    unit = given.get("unit", "")
    if unit not in SWEPT:
        raise FormError({"unit": f"{unit!r} is no way to give budgets. Likely fix: choose one of the list."})
    if missing := [name for name in ("budgets", "seeds") if not lists.get(name)]:
        raise FormError(dict.fromkeys(missing, "There is none. Likely fix: give one number, or several with commas."))
    options |= {"methods": given.getlist("methods"), unit: lists["budgets"], "seeds": lists["seeds"]}
    return Wish(JobKind.PARETO, given.get("accelerator"), options=options)


def _filled(given: QueryDict) -> Values:
    """What was chosen, also where nothing was yet: then the usual methods."""
    chosen = given.getlist("methods")
    return {**given.dict(), "methods": chosen} if chosen or "budgets" in given else given.dict()


def _again(options: Values) -> Values:
    unit = next(name for name in SWEPT if options.get(name))
    return {**options, "unit": unit, "budgets": _listed(options[unit]), "seeds": _listed(options["seeds"])}


def _listed(numbers: list[float]) -> str:
    return ", ".join(f"{number:.10g}" for number in numbers)


def _about_budgets(errors: Mapping[str, str]) -> dict[str, str]:
    """Budgets are one field of the form, whatever they are given in."""
    return {"budgets" if name in SWEPT else name: text for name, text in errors.items()}


_SWEEP: Final = JobForm(
    "pareto/new.html",
    "pareto:sweep",
    _USUAL,
    _swept,
    _filled,
    _again,
    _about_budgets,
    offers=lambda _: {"units": _UNITS},
)
