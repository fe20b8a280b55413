"""Webhooks: endpoints of a project, and what was delivered to them. For editors and owners."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.endpoint import Endpoint, body_of, check_match, once, query_of, refuse_key, tagged
from backend.api.forms import Strict
from backend.api.openapi import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from backend.api.pages import PageQuery, page
from backend.api.schemas import documented
from backend.api.schemas_webhooks import DeliveryPage, DeliveryView, NewWebhookView, WebhookPage, WebhookView
from backend.jobs.documents import plain
from backend.webhooks import endpoints
from backend.webhooks.models import KINDS, Delivery, DeliveryState, Webhook
from backend.workspace.access import project_for
from backend.workspace.models import Role


class WebhookForm(Strict):
    """Where events go, and which."""

    address = serializers.CharField(max_length=2000, help_text="https://…; never a private address.")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=KINDS), min_length=1, max_length=len(KINDS))
    description = serializers.CharField(max_length=200, allow_blank=True, default="")


class WebhookChange(WebhookForm):
    """What can be changed."""

    enabled = serializers.BooleanField(help_text="What waits is posted when the webhook is enabled again.")


class SecretForm(Strict):
    """How long the old secret signs too."""

    overlap_s = serializers.IntegerField(default=86_400, min_value=0, max_value=7 * 86_400, help_text="Seconds.")


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state = serializers.ChoiceField(required=False, choices=DeliveryState.choices)
    kind = serializers.CharField(required=False, max_length=40)


def webhook_document(webhook: Webhook) -> dict[str, Any]:
    """An endpoint, without its secret."""
    old = webhook.before_until
    return {
        "id": webhook.pk,
        "project": webhook.project_id,
        "address": webhook.url,
        "description": webhook.description,
        "kinds": webhook.kinds,
        "enabled": webhook.disabled is None,
        "disabled": plain(webhook.disabled),
        "disabled_reason": webhook.disabled_reason,
        "failing_since": plain(webhook.failing_since),
        "old_secret_until": plain(old) if old is not None and old > timezone.now() else None,
        "created": plain(webhook.created),
        "created_by": webhook.created_by_id,
        "url": f"/api/v1/webhooks/{webhook.pk}",
    }


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """A delivery with all its tries."""
    values = {
        name: getattr(delivery, name) for name in ("message", "kind", "state", "tries", "response_code", "attempts")
    }
    return {
        "id": delivery.pk,
        **values,
        "created": plain(delivery.created),
        "next_try": plain(delivery.next_try),
        "replay_of": delivery.replay_of_id,
        "url": f"/api/v1/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}",
    }


def _values(values: dict[str, Any]) -> dict[str, Any]:
    """As the functions call them."""
    return {"url" if name == "address" else name: value for name, value in values.items()}


class Webhooks(Endpoint):
    """Endpoints of a project."""

    @extend_schema(parameters=[PageQuery], responses=documented(WebhookPage), operation_id="list_webhooks")
    def get(self, request: Request, project: str) -> Response:
        """All endpoints, newest first."""
        return page(endpoints.webhooks_of(self.user, project), query_of(request, PageQuery), webhook_document)

    @extend_schema(
        request=WebhookForm, responses=documented(NewWebhookView, created=True), operation_id="create_webhook"
    )
    def post(self, request: Request, project: str) -> Response:
        """Have events posted to an address; the secret that signs is shown only now."""
        refuse_key(request)
        found = project_for(self.user, project, Role.EDITOR)
        webhook, secret = endpoints.create(self.caller, found, **_values(body_of(request, WebhookForm)))
        document = {**webhook_document(webhook), "secret": secret}
        return Response(document, HTTPStatus.CREATED, headers={"Location": document["url"]})


class OneWebhook(Endpoint):
    """One endpoint."""

    @extend_schema(parameters=[IF_NONE_MATCH], responses=documented(WebhookView), operation_id="get_webhook")
    def get(self, request: Request, webhook: str) -> Response:
        """Where events go, and how that went lately."""
        found = endpoints.webhook_for(self.user, webhook)
        return tagged(request, webhook_document(found), found.version)

    @extend_schema(
        parameters=[IF_MATCH], request=WebhookChange, responses=documented(WebhookView), operation_id="change_webhook"
    )
    def patch(self, request: Request, webhook: str) -> Response:
        """Change address, kinds or description; disable or enable."""
        found = endpoints.webhook_for(self.user, webhook)
        check_match(request, found.version)
        changed = endpoints.change(self.caller, found, **_values(body_of(request, WebhookChange, partial=True)))
        return tagged(request, webhook_document(changed), changed.version)

    @extend_schema(parameters=[IF_MATCH], responses=documented(None), operation_id="remove_webhook")
    def delete(self, request: Request, webhook: str) -> Response:
        """Remove it with its deliveries."""
        found = endpoints.webhook_for(self.user, webhook)
        check_match(request, found.version)
        endpoints.remove(self.caller, found)
        return Response(status=HTTPStatus.NO_CONTENT)


class WebhookSecret(Endpoint):
    """The secret that signs."""

    @extend_schema(request=SecretForm, responses=documented(NewWebhookView, created=True), operation_id="rotate_secret")
    def post(self, request: Request, webhook: str) -> Response:
        """Make a new secret; for `overlap_s` the old one signs too."""
        refuse_key(request)
        found = endpoints.webhook_for(self.user, webhook)
        overlap = timedelta(seconds=body_of(request, SecretForm)["overlap_s"])
        secret = endpoints.rotate(self.caller, found, overlap)
        return Response({**webhook_document(found), "secret": secret}, HTTPStatus.CREATED)


class WebhookTest(Endpoint):
    """Whether the receiver works."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(DeliveryView, accepted=True),
        operation_id="test_webhook",
    )
    def post(self, request: Request, webhook: str) -> Response:
        """Post a test once; read the delivery for what came of it."""
        found = endpoints.webhook_for(self.user, webhook)
        return once(request, lambda: _accepted(endpoints.send_test(self.caller, found)))


class Deliveries(Endpoint):
    """What was and will be posted."""

    @extend_schema(parameters=[DeliveryQuery], responses=documented(DeliveryPage), operation_id="list_deliveries")
    def get(self, request: Request, webhook: str) -> Response:
        """Deliveries of an endpoint, newest first; they are kept for 30 days."""
        query = query_of(request, DeliveryQuery)
        rows = endpoints.webhook_for(self.user, webhook).deliveries.all()
        rows = rows.filter(**{name: query[name] for name in ("state", "kind") if name in query})
        return page(rows, query, delivery_document)


class OneDelivery(Endpoint):
    """One delivery."""

    @extend_schema(responses=documented(DeliveryView), operation_id="get_delivery")
    def get(self, request: Request, webhook: str, delivery: str) -> Response:
        """What is sent, and what came of each try."""
        del request
        return Response(_in_full(endpoints.delivery_for(self.user, webhook, delivery)))


class ReplayDelivery(Endpoint):
    """A message once more."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=documented(DeliveryView, accepted=True),
        operation_id="replay_delivery",
    )
    def post(self, request: Request, webhook: str, delivery: str) -> Response:
        """Post the same message again, as a delivery of its own."""
        found = endpoints.delivery_for(self.user, webhook, delivery)
        return once(request, lambda: _accepted(endpoints.replay(self.caller, found)))


def _in_full(delivery: Delivery) -> dict[str, Any]:
    return {**delivery_document(delivery), "payload": json.loads(delivery.payload)}


def _accepted(delivery: Delivery) -> Response:
    document = _in_full(delivery)
    return Response(document, HTTPStatus.ACCEPTED, headers={"Location": document["url"]})
