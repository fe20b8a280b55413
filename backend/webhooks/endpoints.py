"""What members do with a project's webhooks; pages and API both call it. All of it needs the role editor.

Looking does too: an address may hold what only its receiver should know.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from backend.accounts.caller import Caller
from backend.accounts.models import User
from backend.accounts.refusals import AccountError, ConflictError
from backend.webhooks import outbox
from backend.webhooks.addresses import is_allowed
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.sealing import new_secret, seal
from backend.workspace.access import NotVisibleError, project_for, row_for
from backend.workspace.activity import note
from backend.workspace.models import Project, Role

MOST: Final = 20
"""Endpoints of one project."""
OVERLAP: Final = timedelta(days=1)


class UrlError(AccountError):
    """An address that cannot be posted to."""

    def __init__(self, url: str, detail: str, fix: str) -> None:
        super().__init__("address", detail, fix, url)


def webhooks_of(user: User, project_id: str) -> QuerySet[Webhook]:
    """A project's endpoints.

    Raises:
        NotVisibleError, RoleError.
    """
    return Webhook.objects.filter(project=project_for(user, project_id, Role.EDITOR))


def webhook_for(user: User, webhook_id: str) -> Webhook:
    """One endpoint.

    Raises:
        NotVisibleError, RoleError.
    """
    return row_for(user, Webhook.objects.all(), webhook_id, Role.EDITOR, "webhook")


def delivery_for(user: User, webhook_id: str, delivery_id: str) -> Delivery:
    """One delivery of an endpoint.

    Raises:
        NotVisibleError, RoleError.
    """
    found = webhook_for(user, webhook_id).deliveries.select_related("webhook").filter(pk=delivery_id).first()
    if found is None:
        raise NotVisibleError("delivery", delivery_id)
    return found


def create(
    caller: Caller, project: Project, url: str, kinds: Sequence[str], description: str = ""
) -> tuple[Webhook, str]:
    """A new endpoint and its secret, which nobody can show again.

    Raises:
        UrlError: nothing can be posted to the address.
        ConflictError: the project has as many as it may.
    """
    check_url(url)
    secret = new_secret()
    with transaction.atomic():
        if Webhook.objects.filter(project=project).count() >= MOST:
            raise ConflictError(f"the project has {MOST} webhooks; that is the most", "remove one first")
        found = Webhook.objects.create(
            project=project,
            url=url,
            kinds=sorted(set(kinds)),
            description=description,
            sealed=seal(secret),
            created_by=caller.user,
        )
        note(caller, "webhook.create", found.pk, project, host=urlsplit(url).hostname)
    return found, secret


def change(caller: Caller, webhook: Webhook, *, enabled: bool | None = None, **values: Any) -> Webhook:
    """Change address, kinds or description; disable and enable. What waits meanwhile is posted when it is enabled.

    Raises:
        UrlError: nothing can be posted to the address.
    """
    if "url" in values:
        check_url(values["url"])
    if "kinds" in values:
        values["kinds"] = sorted(set(values["kinds"]))
    if enabled is True:
        values |= {"disabled": None, "disabled_reason": "", "failing_since": None}
    elif enabled is False and webhook.disabled is None:
        values |= {"disabled": timezone.now(), "disabled_reason": "a member disabled it"}
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(**values, version=F("version") + 1)
        names = sorted(name for name in values if name in ("url", "kinds", "description", "disabled"))
        note(caller, "webhook.change", webhook.pk, webhook.project_id, fields=names)
    webhook.refresh_from_db()
    return webhook


def rotate(caller: Caller, webhook: Webhook, overlap: timedelta = OVERLAP) -> str:
    """A new secret; for a while the old one signs too, so that the receiver can change over."""
    secret = new_secret()
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(
            sealed_before=F("sealed"),
            before_until=timezone.now() + overlap,
            sealed=seal(secret),
            version=F("version") + 1,
        )
        note(caller, "webhook.rotate", webhook.pk, webhook.project_id)
    webhook.refresh_from_db()
    return secret


def remove(caller: Caller, webhook: Webhook) -> None:
    """Remove an endpoint with its deliveries."""
    with transaction.atomic():
        note(caller, "webhook.remove", webhook.pk, webhook.project_id)
        webhook.delete()


def send_test(caller: Caller, webhook: Webhook) -> Delivery:
    """Post a test once; see the delivery for what came of it."""
    with transaction.atomic():
        note(caller, "webhook.test", webhook.pk, webhook.project_id)
        return outbox.announce_test(webhook)


def replay(caller: Caller, delivery: Delivery) -> Delivery:
    """Post a message again, under the same name.

    Raises:
        ConflictError: the endpoint is disabled.
    """
    if delivery.webhook.disabled is not None:
        raise ConflictError("the webhook is disabled", "enable it first")
    with transaction.atomic():
        note(caller, "webhook.replay", delivery.pk, delivery.webhook.project_id)
        return outbox.replay(delivery)


def check_url(url: str) -> None:
    """Refuse what can be seen to be wrong; where a name leads is checked each time it is connected to.

    Raises:
        UrlError: it is no address for HTTP, or a private one.
    """
    fix = "https://host/path"
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlError(url, f"the address is not valid: {error}", fix) from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise UrlError(url, f"the address begins with {url[:20]!r}", fix)
    if parts.userinfo or parts.fragment:
        raise UrlError(url, "the address has a user, a password or a fragment", fix)
    choice = settings.ENVIRONMENT
    if parts.scheme == "http" and choice.production and not choice.webhook_networks:
        raise UrlError(url, "the address is not encrypted", fix)
    _check_literal(url, parts.host)


def _check_literal(url: str, host: str) -> None:
    try:
        allowed = is_allowed(host)
    except ValueError:  # a name
        return
    if not allowed:
        raise UrlError(url, f"{host} is no public address", "a public one; the operator may allow others")
