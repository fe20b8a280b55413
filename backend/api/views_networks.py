"""Networks with their versions."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import Scope, User
from backend.api.downloads import download
from backend.api.endpoint import Endpoint, body_of, check_match, once, query_of, tagged
from backend.api.forms import Factories, Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, RANGE
from backend.api.pages import NamedQuery, PageQuery, page, searched
from backend.api.problems import ProblemError, invalid
from backend.api.schemas import (
    NetworkPage,
    NetworkView,
    VersionPage,
    VersionView,
    documented,
    documented_file,
)
from backend.api.uploads import FileParser, take
from backend.jobs.documents import plain
from backend.jobs.networks import change_network, delete_network
from backend.jobs.orders import network_query
from backend.workspace.access import NotVisibleError, project_for, row_for
from backend.workspace.activity import note
from backend.workspace.models import Artifact, Network, NetworkVersion, Project, Role
from backend.workspace.structure import brief

_DIMS: Final = re.compile(r"[A-Za-z0-9_.-]+=[1-9][0-9]{0,5}(,[A-Za-z0-9_.-]+=[1-9][0-9]{0,5})*")
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,99}$"


class VersionQuery(Strict):
    """About the uploaded file."""

    dims = serializers.CharField(default="", max_length=1000, help_text="Open dimensions: `height=32,width=32`.")
    awkward: ClassVar[Factories] = {
        "parent": lambda: serializers.CharField(
            required=False, max_length=40, help_text="Version that it was made from."
        )
    }
    how = serializers.ChoiceField(default="uploaded", choices=["uploaded", "pruned", "trained", "converted"])
    note = serializers.CharField(default="", max_length=500, allow_blank=True)


class NetworkQuery(VersionQuery):
    """About a new network."""

    name = serializers.RegexField(NAME)
    description = serializers.CharField(default="", max_length=5000, allow_blank=True)


class NetworkForm(Strict):
    """What can be changed of a network."""

    name = serializers.RegexField(NAME)
    description = serializers.CharField(max_length=5000, allow_blank=True)


def network_document(network: Network) -> dict[str, Any]:
    """A network in lists and by itself."""
    return {
        "id": network.pk,
        "project": network.project_id,
        "name": network.name,
        "description": network.description,
        "created": plain(network.created),
        "created_by": network.created_by_id,
        "latest": network.latest,
        "url": f"/api/v1/networks/{network.pk}",
    }


def version_document(version: NetworkVersion) -> dict[str, Any]:
    """One version."""
    return {
        "id": version.pk,
        "network": version.network_id,
        "number": version.number,
        "digest": version.artifact_id,
        "size_bytes": version.artifact.size_bytes,
        "parent": version.parent_id,
        "how": version.how,
        "made_by": version.made_by or None,
        "note": version.note,
        "facts": brief(version.facts),
        "dims": version.dims,
        "created": plain(version.created),
        "created_by": version.created_by_id,
        "file_url": f"/api/v1/networks/{version.network_id}/versions/{version.number}/file",
    }


def network_for(caller: Any, network_id: str, needed: Role = Role.VIEWER) -> Network:
    """A network, for somebody who may do what the role allows.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(caller.user, Network.objects.all(), network_id, needed, "network")


def _dims(text: str) -> dict[str, int]:
    if text and not _DIMS.fullmatch(text):
        raise invalid("query.dims", f"dims is {text!r}", text, "NAME=NUMBER, separated by commas")
    return {name: int(size) for name, size in (part.split("=") for part in text.split(",") if part)}


class Networks(Endpoint):
    """Networks of a project."""

    scope: ClassVar[Scope] = Scope.UPLOAD
    parser_classes: Any = (FileParser,)

    @extend_schema(parameters=[NamedQuery], responses=documented(NetworkPage), operation_id="list_networks")
    def get(self, request: Request, project: str) -> Response:
        """All networks, newest first."""
        rows = Network.objects.filter(project=project_for(self.user, project))
        query = query_of(request, NamedQuery)
        return page(searched(rows, query), query, network_document)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, NetworkQuery],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=documented(NetworkView, created=True, upload=True),
        operation_id="upload_network",
    )
    def post(self, request: Request, project: str) -> Response:
        """Upload a network as one ONNX file, weights included; it is checked before it is kept."""
        found = project_for(self.user, project, Role.EDITOR)
        values = query_of(request, NetworkQuery)
        if (
            "Idempotency-Key" not in request.headers
            and Network.objects.filter(project=found, name=values["name"]).exists()
        ):
            raise _name_taken(values["name"])

        def use(artifact: Artifact, facts: Mapping[str, Any]) -> Response:
            def work() -> Response:
                network = _new_network(self.user, found, values["name"], values["description"])
                _add_version(self, network, artifact, facts, values)
                document = network_document(network)
                return Response(document, HTTPStatus.CREATED, headers={"Location": document["url"]})

            return once(request, work, artifact.digest)

        return _taken(request, found, values, use)


def _new_network(user: User, project: Project, name: str, description: str) -> Network:
    try:
        with transaction.atomic():
            return Network.objects.create(project=project, name=name, description=description, created_by=user)
    except IntegrityError:
        raise _name_taken(name) from None


def _name_taken(name: str) -> ProblemError:
    detail, fix = f"the project has a network {name!r}", "choose another name, or add a version"
    return ProblemError(HTTPStatus.CONFLICT, detail, field="query.name", value=name, fix=fix)


def _taken(request: Request, project: Any, values: Mapping[str, Any], use: Any) -> Response:
    dims = _dims(values["dims"])
    parent = values.get("parent")
    visible = NetworkVersion.objects.filter(network__project=project)
    if parent is not None and not visible.filter(pk=parent).exists():
        raise invalid("query.parent", f"there is no version {parent!r} here", parent)
    answer: Response = take(request, project, "networks", lambda digest: network_query(digest, dims), use)
    return answer


def _add_version(
    endpoint: Endpoint, network: Network, artifact: Artifact, facts: Mapping[str, Any], values: Mapping[str, Any]
) -> NetworkVersion:
    """The next version of a network; in a transaction."""
    Network.objects.filter(pk=network.pk).update(latest=F("latest") + 1, version=F("version") + 1)
    network.refresh_from_db()
    version = NetworkVersion.objects.create(
        network=network,
        number=network.latest,
        artifact=artifact,
        parent_id=values.get("parent"),
        how=values["how"],
        note=values["note"],
        facts=dict(facts),
        dims=_dims(values["dims"]),
        created_by=endpoint.user,
    )
    note(endpoint.caller, "network.upload", network.pk, network.project_id, version=version.number)
    return version


class OneNetwork(Endpoint):
    """One network."""

    scope: ClassVar[Scope] = Scope.UPLOAD

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(NetworkView), operation_id="get_network")
    def get(self, request: Request, network: str) -> Response:
        """A network that the caller may see."""
        found = network_for(self.caller, network)
        return tagged(request, network_document(found), found.version)

    @extend_schema(
        parameters=[IF_MATCH], request=NetworkForm, responses=documented(NetworkView), operation_id="change_network"
    )
    def patch(self, request: Request, network: str) -> Response:
        """Change name or description; for editors."""
        with transaction.atomic():
            found = network_for(self.caller, network, Role.EDITOR)
            values = body_of(request, NetworkForm, partial=True)
            check_match(request, found.version)
            change_network(self.caller, found, values)
        return tagged(request, network_document(found), found.version)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="delete_network")
    def delete(self, request: Request, network: str) -> Response:
        """Delete a network that no job refers to; for editors."""
        with transaction.atomic():
            found = network_for(self.caller, network, Role.EDITOR)
            check_match(request, found.version)
            delete_network(self.caller, found)
        return Response(status=HTTPStatus.NO_CONTENT)


class Versions(Endpoint):
    """Versions of a network."""

    scope: ClassVar[Scope] = Scope.UPLOAD
    parser_classes: Any = (FileParser,)

    @extend_schema(parameters=[PageQuery], responses=documented(VersionPage), operation_id="list_versions")
    def get(self, request: Request, network: str) -> Response:
        """All versions, newest first."""
        rows = NetworkVersion.objects.filter(network=network_for(self.caller, network)).select_related("artifact")
        return page(rows, query_of(request, PageQuery), version_document)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, VersionQuery],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=documented(VersionView, created=True, upload=True),
        operation_id="upload_version",
    )
    def post(self, request: Request, network: str) -> Response:
        """Upload the next version of a network; it is checked before it is kept."""
        found = network_for(self.caller, network, Role.EDITOR)
        values = query_of(request, VersionQuery)

        def use(artifact: Artifact, facts: Mapping[str, Any]) -> Response:
            def work() -> Response:
                version = _add_version(self, found, artifact, facts, values)
                place = f"/api/v1/networks/{found.pk}/versions/{version.number}"
                return Response(version_document(version), HTTPStatus.CREATED, headers={"Location": place})

            return once(request, work, artifact.digest)

        return _taken(request, found.project, values, use)


def version_for(caller: Any, network: str, number: int) -> NetworkVersion:
    """A version of a network that the caller may see.

    Raises:
        NotVisibleError: there is none.
    """
    rows = NetworkVersion.objects.filter(network=network_for(caller, network), number=number)
    version = rows.select_related("artifact", "network").first()
    if version is None:
        raise NotVisibleError("number", str(number))
    return version


class OneVersion(Endpoint):
    """One version."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(VersionView), operation_id="get_version")
    def get(self, request: Request, network: str, number: int) -> Response:
        """A version of a network; it never changes."""
        version = version_for(self.caller, network, number)
        return tagged(request, version_document(version), version.pk)


class VersionFile(Endpoint):
    """A version's ONNX file."""

    @extend_schema(parameters=[IF_NONE_MATCH, RANGE], responses=documented_file(), operation_id="download_version")
    def get(self, request: Request, network: str, number: int) -> Any:
        """The ONNX file; parts of it by `Range`."""
        version = version_for(self.caller, network, number)
        name = f"{version.network.name}-v{number}.onnx"
        return download(request, version.artifact, name, "application/octet-stream")
