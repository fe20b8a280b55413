"""What the forms of training jobs share: the page itself, fields as options, what there is to choose from, another job to begin with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from backend.clients.current import learning_service
from backend.clients.service import ServiceDownError
from backend.jobs.actions import submit_job
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import Label
from backend.jobs.training import check_session
from backend.jobs.visible import job_for
from backend.workspace.models import Accelerator, DataFile, Project, Role
from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from contracts.learning import PRECISIONS
from frontend.forms import FormError, refusals
from frontend.page import PageRequest, open_project

CHOICES: Final = 100
"""Of each kind that a project has, the newest ones."""
SESSION_TEXTS: Final = ("network", "data", "precision")
SESSION_NUMBERS: Final[Mapping[str, type]] = {
    "epochs": int,
    "training_images": int,
    "batch_images": int,
    "peak_learning_rate": float,
    "validation_share": float,
}
"""What every session is told."""
_MORE: Final = ("training_images", "batch_images", "peak_learning_rate", "validation_share", "precision")
_NAME: Final = 100
_KINDS: Final[Mapping[type, str]] = {int: "whole number", float: "number"}


Values = Mapping[str, Any]


@dataclass(frozen=True)
class JobForm:
    """The form of one kind of job.

    Attributes:
        template: of its page.
        page: name of the page that shows the job.
        usual: defaults of the job's options.
        wish: what is asked for, from what was filled in; raises `FormError`.
        filled: what was filled in, as the template shows it.
        again: the options of a job, as the template shows them.
        placed: errors by option, as errors by field.
        offers: what there is to choose from, beyond what all forms offer.
    """

    template: str
    page: str
    usual: Values
    wish: Callable[[QueryDict], Wish]
    filled: Callable[[QueryDict], Values] = lambda given: given.dict()
    again: Callable[[Values], Values] = lambda options: options
    placed: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda errors: errors
    offers: Callable[[Project], Values] = lambda _: {}

    def answer(self, request: PageRequest, project: str) -> HttpResponse:
        """The form, filled from the query, or with `?like=ID` as another job was; for editors. What is submitted leads to the job."""
        found = open_project(request, project, Role.EDITOR)
        errors: Mapping[str, str] = {}
        if request.method == "POST":
            values = self.filled(request.POST)
            try:
                with refusals():
                    return redirect(self.page, self._submitted(request, found))
            except FormError as error:
                errors = self.placed(error.errors)
        else:
            values = self._begun(request, found)
        try:
            context = choices(found, values, self.usual)
        except ServiceDownError as error:
            return render(request, self.template, {"project": found, "away": str(error)})
        return render(request, self.template, {**context, **self.offers(found), "errors": errors})

    def _begun(self, request: PageRequest, project: Project) -> Values:
        named = request.GET.get("like")
        return self.again(like(request, project, named)) if named else self.filled(request.GET)

    def _submitted(self, request: PageRequest, project: Project) -> str:
        wish = self.wish(request.POST)
        check_session(project, wish)
        job = submit_job(request.caller, project, wish, Label(name=request.POST.get("name", "").strip()[:_NAME]))
        messages.success(request, "Submitted: it is drawn here while it goes on.")
        return job.pk


def options_from(given: QueryDict, texts: tuple[str, ...], numbers: Mapping[str, type]) -> dict[str, Any]:
    """What was filled in, as a job's options; what was not has its default.

    Raises:
        FormError: a number is none; all of them are named.
    """
    options: dict[str, Any] = {name: given[name] for name in texts if given.get(name)}
    return options | _each({name: given.get(name, "").strip() for name in numbers}, numbers, _number)


def lists_from(given: QueryDict, kinds: Mapping[str, type]) -> dict[str, Any]:
    """Numbers that were given with commas or blanks between them.

    Raises:
        FormError: one of them is none.
    """
    return _each({name: given.get(name, "").replace(",", " ") for name in kinds}, kinds, _numbers)


def _each(texts: Mapping[str, str], kinds: Mapping[str, type], read: Callable[[str, type], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in texts.items():
        try:
            found |= {name: read(text, kinds[name])} if text.strip() else {}
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise FormError(errors)
    return found


def _numbers(text: str, kind: type) -> list[Any]:
    return [_number(one, kind) for one in text.split()]


def _number(text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{text!r} is no {_KINDS[kind]}.") from None


def like(request: PageRequest, project: Project, job_id: str) -> dict[str, Any]:
    """What another job of the project was told, as a form's fields."""
    job = job_for(request.caller, job_id)
    values = {name: value for name, value in job.options.items() if value is not None}
    own = DataFile.objects.filter(project=project, artifact_id=values["data"]).first()
    return {
        **values,
        "data": own.pk if own is not None else values["data"],
        "accelerator": _accelerator(project, job),
        "dense": job.order.get("dense"),
        "name": job.name,
    }


def _accelerator(project: Project, job: Job) -> str:
    if job.accelerator_name in PRESETS:
        return job.accelerator_name
    row = Accelerator.objects.filter(project=project, name=job.accelerator_name).first()
    return row.pk if row is not None else DEFAULT_ACCELERATOR


def choices(project: Project, values: Values, usual: Values) -> dict[str, Any]:
    """What a form offers: networks, data, methods and costs of the learning service, data and accelerators of the project.

    Args:
        values: what is filled in.
        usual: defaults of the job's options, by which it is seen whether seldom used fields are in use.

    Raises:
        ServiceDownError: the learning service is away.
    """
    plain = {name: "" if value is None else value for name, value in usual.items()}
    return {
        "project": project,
        "values": {**plain, "accelerator": DEFAULT_ACCELERATOR, **values},
        **learning_service().choices(),
        "more": any(str(values.get(name, plain[name])) != str(plain[name]) for name in _MORE),
        "precisions": PRECISIONS,
        "own_data": DataFile.objects.filter(project=project).order_by("-id")[:CHOICES],
        "presets": PRESETS,
        "own": Accelerator.objects.filter(project=project).order_by("name")[:CHOICES],
    }
