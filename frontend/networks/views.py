"""Networks: lists, uploads, one network with its graph and its costs, two structures side by side."""

from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.api.views_networks import NetworkForm, network_for, version_for
from backend.api.views_structure import visible_version
from backend.jobs.estimates import ensure_estimate, estimate_job
from backend.jobs.models import Job
from backend.jobs.networks import change_network, delete_network
from backend.workspace.access import NotVisibleError, may
from backend.workspace.models import Accelerator, Network, NetworkVersion, Role
from backend.workspace.structure import aligned, densities_of, graph_of
from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from frontend.forms import FormError, checked, refusals
from frontend.lists import listed
from frontend.networks.costs import costed
from frontend.networks.differences import drawn_pairs
from frontend.networks.layout import drawn
from frontend.networks.lineage import lineage_of
from frontend.page import PageRequest, open_project, signed_in
from frontend.words import told

_VERSIONS: Final = 100
_JOBS: Final = 20


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """All networks of a project, newest first."""
    found = open_project(request, project)
    networks = listed(request, Network.objects.filter(project=found))
    newest = {
        version.network_id: version
        for version in NetworkVersion.objects.filter(network__in=networks.rows, number=F("network__latest"))
    }
    rows = [{"network": row, "graph": graph_of(newest[row.pk])} for row in networks.rows if row.pk in newest]
    return render(
        request,
        "networks/index.html",
        {
            "project": found,
            "rows": rows,
            "following": networks.following,
            "editor": may(request.caller.user, project, Role.EDITOR),
        },
    )


@signed_in
def upload(request: PageRequest, project: str) -> HttpResponse:
    """Where a network is dropped; the browser sends it to the API, which checks it."""
    found = open_project(request, project, Role.EDITOR)
    return render(request, "networks/upload.html", {"project": found})


@signed_in
def network_page(request: PageRequest, network: str) -> HttpResponse:
    """One network: a version's graph and costs, all versions, its jobs."""
    return _network_page(request, network_for(request.caller, network), {})


def _network_page(request: PageRequest, found: Network, errors: dict[str, str]) -> HttpResponse:
    project = open_project(request, found.project_id)
    versions = list(found.versions.select_related("artifact", "parent__network").order_by("-number")[:_VERSIONS])
    version = _chosen(versions, request.GET.get("version", ""), found)
    context = _layers_context(request, version)
    graph = context["graph"]
    shape = " x ".join(map(str, graph["input_shape"]))
    context |= {
        "project": project,
        "network": found,
        "versions": versions,
        "drawing": drawn(graph["layers"], graph["input"], shape) if graph["layers"] else None,
        "lineage": lineage_of(version),
        "jobs": Job.objects.filter(network__network=found).order_by("-id").defer("result", "order")[:_JOBS],
        "errors": errors,
    }
    return render(request, "networks/network.html", context)


def _chosen(versions: list[NetworkVersion], number: str, network: Network) -> NetworkVersion:
    found = next((version for version in versions if not number or str(version.number) == number), None)
    if found is None:
        raise NotVisibleError("version", number or network.name)
    return found


@signed_in
def layers(request: PageRequest, network: str, number: int) -> HttpResponse:
    """The table of layers with what they should cost; a POST has that worked out where it is not known."""
    version = version_for(request.caller, network, number)
    if request.method == "POST":
        network_for(request.caller, network, Role.EDITOR)
        ensure_estimate(request.caller, version.network.project, version, _accelerator(request))
    open_project(request, version.network.project_id)
    return render(request, "networks/layers.html", _layers_context(request, version))


def _accelerator(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return str(given.get("accelerator") or DEFAULT_ACCELERATOR)


def _layers_context(request: PageRequest, version: NetworkVersion) -> dict[str, Any]:
    project = version.network.project
    accelerator = _accelerator(request)
    job = estimate_job(project, version, accelerator)
    estimate = (job.result or {}).get("estimate") if job else None
    graph = graph_of(version)
    return {
        "version": version,
        "graph": graph,
        "network": version.network,
        "accelerator": accelerator,
        "presets": PRESETS,
        "own": Accelerator.objects.filter(project=project).order_by("name")[:_VERSIONS],
        "job": job,
        "told": told(job.failure["message"]) if job and job.failure else None,
        "estimate": estimate,
        "rows": costed(graph["layers"], estimate),
        "editor": may(request.caller.user, project.pk, Role.EDITOR),
    }


@require_POST
@signed_in
def change(request: PageRequest, network: str) -> HttpResponse:
    """Name and description."""
    found = network_for(request.caller, network, Role.EDITOR)
    try:
        values = checked(NetworkForm, {name: request.POST.get(name, "") for name in ("name", "description")})
        with refusals(), transaction.atomic():
            change_network(request.caller, found, {"description": "", **values})
    except FormError as error:
        return _network_page(request, found, error.errors)
    return redirect("networks:network", network)


@require_POST
@signed_in
def delete(request: PageRequest, network: str) -> HttpResponse:
    """Delete a network that no job refers to."""
    found = network_for(request.caller, network, Role.EDITOR)
    try:
        with refusals():
            delete_network(request.caller, found)
    except FormError as error:
        return _network_page(request, found, error.errors)
    messages.success(request, f"{found.name} is deleted.")
    return redirect("networks:index", found.project_id)


@signed_in
def diff(request: PageRequest) -> HttpResponse:
    """Two versions side by side; `?a=` and `?b=`."""
    a, b = (visible_version(request.caller, request.GET.get(name, "")) for name in ("a", "b"))
    project = open_project(request, a.network.project_id)
    graphs = graph_of(a), graph_of(b)
    pairs = aligned(graphs[0]["layers"], graphs[1]["layers"])
    rows, most = drawn_pairs(pairs, densities_of(a), densities_of(b))
    others = NetworkVersion.objects.filter(network__project=project).select_related("network").order_by("-id")
    totals = [(name, *(graph[name] for graph in graphs)) for name in ("macs", "parameters")]
    context = {"project": project, "a": a, "b": b, "rows": rows, "most": most, "totals": totals}
    return render(request, "networks/diff.html", context | {"others": others.defer("facts")[:_VERSIONS]})
