"""The form that submits a job."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from backend.api.views_jobs import JobForm, wish_of
from backend.jobs.actions import submit_job
from backend.jobs.orders import MAXIMUM_INPUTS
from backend.jobs.submit import Label
from backend.workspace.models import Accelerator, DataFile, NetworkVersion, Project, Role
from contracts.accelerator import PRESETS
from contracts.job import JobKind
from contracts.quantisation import CALIBRATION_METHODS
from frontend.forms import FormError, checked, refusals
from frontend.page import PageRequest, open_project, signed_in

_CHOICES: Final = 200
_OF_NETWORK: Final = ("network", "calibration", "calibration_method", "scales")
_OF_COMPILE: Final = ("accelerator", *_OF_NETWORK)
_OF_KIND: Final = {
    JobKind.COMPILE.value: _OF_COMPILE,
    JobKind.SIMULATE.value: (*_OF_COMPILE, "inputs", "count", "energy_table", "trace", "simulator"),
    JobKind.ELABORATE.value: ("accelerator",),
    JobKind.EVALUATE.value: (*_OF_NETWORK, "inputs"),
}


@signed_in
def submit_page(request: PageRequest, project: str) -> HttpResponse:
    """The form, filled from the query; for editors."""
    found = open_project(request, project, Role.EDITOR)
    given = request.POST if request.method == "POST" else request.GET
    values = {name: str(text) for name, text in given.items() if text}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            job = _submit(request, found, values)
        except FormError as error:
            errors = error.errors
        else:
            messages.success(request, "Submitted.")
            return redirect("jobs:job", job)
    context = _choices(found) | {"project": found, "values": values, "errors": errors, "most": MAXIMUM_INPUTS}
    context["kind"] = values.get("kind", JobKind.SIMULATE.value)
    return render(request, "jobs/submit.html", context)


def _submit(request: PageRequest, project: Project, values: dict[str, str]) -> str:
    """Submit what the form says; the job's id."""
    allowed = ("kind", "name", *_OF_KIND.get(values.get("kind", ""), ()))
    form = checked(JobForm, {name: value for name, value in values.items() if name in allowed})
    with refusals():
        return submit_job(request.caller, project, wish_of(form), Label(name=form["name"])).pk


def _choices(project: Project) -> dict[str, Any]:
    """What the form offers: the newest of everything."""
    versions = NetworkVersion.objects.filter(network__project=project).select_related("network").order_by("-id")
    return {
        "versions": versions.defer("facts")[:_CHOICES],
        "presets": PRESETS,
        "methods": CALIBRATION_METHODS,
        "own": Accelerator.objects.filter(project=project).order_by("name")[:_CHOICES],
        "data_files": DataFile.objects.filter(project=project).order_by("-id")[:_CHOICES],
        "kinds": [
            (JobKind.SIMULATE.value, "Simulate", "compile, run on the RTL, compare with the golden model, say what it costs"),
            (JobKind.COMPILE.value, "Compile", "make the program and its listing"),
            (JobKind.ELABORATE.value, "Elaborate", "generate the accelerator's Verilog"),
            (JobKind.EVALUATE.value, "Evaluate", "accuracy on labelled images, float and as the accelerator computes"),
        ],
    }  # fmt: skip
