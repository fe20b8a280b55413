"""What operators see and do. To all others none of this exists."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts import administration
from backend.accounts.models import User
from backend.api.endpoint import Endpoint, body_of, check_match, query_of, refuse_key, tagged
from backend.api.forms import Strict
from backend.api.openapi import IF_MATCH, IF_NONE_MATCH
from backend.api.pages import PageQuery, page
from backend.api.schemas import ActivityPage, documented
from backend.api.schemas_account import (
    ClusterView,
    HealthReport,
    InvitationView,
    LinkView,
    SettingList,
    UserInFull,
    UserPage,
    UserView,
)
from backend.api.views_account import user_document
from backend.api.views_projects import activity_document
from backend.clients.current import hardware_service
from backend.jobs.closing import close_account
from backend.jobs.health import checks
from backend.jobs.models import LIVE, Job
from backend.jobs.storage import used_bytes_of
from backend.workspace.access import NotVisibleError
from backend.workspace.models import Activity

_MOST = 2**31 - 1


class UserQuery(PageQuery):
    """Which accounts."""

    search = serializers.CharField(required=False, max_length=254, help_text="Part of address or name.")
    state = serializers.ChoiceField(required=False, choices=["active", "locked", "closed", "operator"])


class InvitationForm(Strict):
    """Somebody who gets an account."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=100, allow_blank=True, default="")
    is_operator = serializers.BooleanField(default=False)


class UserForm(Strict):
    """What operators may change of an account; null is the installation's setting, or unlimited storage."""

    name = serializers.CharField(max_length=100, allow_blank=True)
    is_active = serializers.BooleanField(help_text="False locks the account: sessions and tokens do not work.")
    is_operator = serializers.BooleanField()
    weight = serializers.FloatField(min_value=0.001, max_value=1000)
    running_max = serializers.IntegerField(min_value=0, max_value=_MOST, allow_null=True)
    queued_max = serializers.IntegerField(min_value=0, max_value=_MOST, allow_null=True)
    storage_bytes_max = serializers.IntegerField(min_value=0, max_value=1 << 53, allow_null=True)


class OperatorEndpoint(Endpoint):
    """A view for operators."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Tell all others that there is nothing."""
        super().initial(request, *args, **kwargs)
        if not self.user.is_operator:
            raise NotVisibleError("page", request.path)


def user_in_full(user: User) -> dict[str, Any]:
    """An account as operators see it: with what it uses."""
    live = dict(Job.objects.filter(user=user, state__in=LIVE).values_list("state").annotate(count=Count("id")))
    return {
        **user_document(user),
        "is_closed": user.closed is not None,
        "last_login": user.last_login,
        "projects": user.memberships.count(),
        "storage_bytes": used_bytes_of(user),
        "jobs": dict.fromkeys(LIVE, 0) | live,
    }


class Users(OperatorEndpoint):
    """All accounts."""

    @extend_schema(parameters=[UserQuery], responses=documented(UserPage), operation_id="list_users")
    def get(self, request: Request) -> Response:
        """Accounts, newest first."""
        query = query_of(request, UserQuery)
        return page(administration.found(query.get("search", ""), query.get("state", "")), query, user_document)

    @extend_schema(
        request=InvitationForm, responses=documented(InvitationView, created=True), operation_id="invite_user"
    )
    def post(self, request: Request) -> Response:
        """Make an account, and mail a link to choose a password; the answer has the link too."""
        refuse_key(request)
        values = body_of(request, InvitationForm)
        user, link = administration.invite(self.caller, **values)
        location = {"Location": f"/api/v1/admin/users/{user.pk}"}
        return Response({**user_document(user), "link": link}, HTTPStatus.CREATED, headers=location)


class OneUser(OperatorEndpoint):
    """One account."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(UserInFull), operation_id="get_user")
    def get(self, request: Request, user: str) -> Response:
        """An account and what it uses."""
        found = user_named(user)
        return tagged(request, user_in_full(found), found.version)

    @extend_schema(parameters=[IF_MATCH], request=UserForm, responses=documented(UserView), operation_id="change_user")
    def patch(self, request: Request, user: str) -> Response:
        """Change quotas, lock or unlock, make or unmake an operator."""
        found = user_named(user)
        check_match(request, found.version)
        changed = administration.change(self.caller, found, **body_of(request, UserForm, partial=True))
        return tagged(request, user_document(changed), changed.version)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="close_user")
    def delete(self, request: Request, user: str) -> Response:
        """Close an account, as its user could."""
        found = user_named(user)
        check_match(request, found.version)
        close_account(self.caller, found)
        return Response(status=HTTPStatus.NO_CONTENT)


class UserLink(OperatorEndpoint):
    """A link to choose a password."""

    @extend_schema(request=None, responses=documented(LinkView, created=True), operation_id="send_link")
    def post(self, request: Request, user: str) -> Response:
        """Mail the user a link to choose a password, and answer with it."""
        refuse_key(request)
        return Response({"link": administration.send_link(self.caller, user_named(user))}, HTTPStatus.CREATED)


def user_named(user: str) -> User:
    """An account by its id.

    Raises:
        NotVisibleError: there is none.
    """
    found = User.objects.filter(pk=user).first()
    if found is None:
        raise NotVisibleError("user", user)
    return found


class Settings(OperatorEndpoint):
    """How the installation is set up."""

    @extend_schema(responses=documented(SettingList), operation_id="list_settings")
    def get(self, request: Request) -> Response:
        """Every setting with its variable and value; secrets are hidden."""
        del request
        return Response({"items": settings.ENVIRONMENT.shown()})


class HealthInDetail(OperatorEndpoint):
    """How each part of the installation is."""

    @extend_schema(responses=documented(HealthReport), operation_id="health_in_detail")
    def get(self, request: Request) -> Response:
        """Use each part, and say what came of it."""
        del request
        found = checks()
        status = "ok" if all(check.ok for check in found) else "degraded"
        return Response({"status": status, "checks": [asdict(check) for check in found]})


class Workers(OperatorEndpoint):
    """Who runs jobs."""

    @extend_schema(responses=documented(ClusterView, upload=True), operation_id="list_workers")
    def get(self, request: Request) -> Response:
        """What the hardware service says of its workers."""
        del request
        return Response(dict(hardware_service().workers()))


class InstallationActivity(OperatorEndpoint):
    """Who did what, everywhere."""

    @extend_schema(parameters=[PageQuery], responses=documented(ActivityPage), operation_id="list_all_activity")
    def get(self, request: Request) -> Response:
        """What was done in all projects and to all accounts, newest first."""
        rows = Activity.objects.select_related("user")
        return page(rows, query_of(request, PageQuery), activity_document)
