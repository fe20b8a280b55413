"""What answers about webhooks look like."""

from rest_framework import serializers

from backend.api.forms import Form
from backend.api.schemas import Char, Flag, Integer, Number, Time, Values, page_of
from backend.webhooks.models import DeliveryState


class WebhookView(Form):
    """An address to which events are posted."""

    id = Char()
    project = Char()
    address = serializers.URLField(help_text="Where events are posted.")
    description = Char(allow_blank=True)
    kinds = serializers.ListField(child=Char())
    enabled = Flag()
    disabled = Time(allow_null=True)
    disabled_reason = Char(allow_blank=True)
    failing_since = Time(allow_null=True, help_text="When the first of the failures in a row happened.")
    old_secret_until = Time(allow_null=True, help_text="Until when the secret before the last rotation signs too.")
    created = Time()
    created_by = Char()
    url = Char(help_text="Of this resource.")


class NewWebhookView(WebhookView):
    """A new endpoint, with its secret, which is shown only now."""

    secret = Char(help_text="`whsec_…`, to verify signatures with.")


class AttemptView(Form):
    """One try."""

    time = Time()
    code = Integer(allow_null=True, help_text="The receiver's status; null where it did not answer.")
    error = Char(allow_blank=True)
    took_ms = Number()


class DeliveryItem(Form):
    """One event for one endpoint."""

    id = Char()
    message = Char(help_text="Sent as `webhook-id`; the same in replays.")
    kind = Char()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    created = Time()
    next_try = Time(allow_null=True)
    tries = Integer()
    response_code = Integer(allow_null=True, help_text="Of the newest try.")
    attempts = AttemptView(many=True)
    replay_of = Char(allow_null=True)
    url = Char()


class DeliveryView(DeliveryItem):
    """A delivery with what was sent."""

    payload = Values()


WebhookPage, DeliveryPage = page_of(WebhookView), page_of(DeliveryItem)
