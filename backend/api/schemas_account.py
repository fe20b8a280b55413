"""What answers about accounts look like."""

from rest_framework import serializers

from backend.api.forms import Form
from backend.api.schemas import Char, Flag, Integer, Number, Time, page_of


class UserView(Form):
    """An account."""

    id = Char()
    email = Char()
    name = Char(allow_blank=True)
    is_operator = Flag()
    is_active = Flag()
    confirmed = Flag(help_text="It is proven that the user reads the mails of the address.")
    weight = Number(help_text="Share of the machine against other users'.")
    running_max = Integer(help_text="Jobs that run at a time.")
    queued_max = Integer(help_text="Jobs that may wait or run.")
    storage_bytes_max = Integer(allow_null=True, help_text="What uploads and results may take; unlimited where null.")
    created = Time()


class TokenView(Form):
    """A token; never its text."""

    id = Char()
    name = Char()
    key = Char(help_text="The public half: the token begins with `ppn_<key>.`")
    scopes = serializers.ListField(child=Char())
    addresses = serializers.ListField(child=Char())
    created = Time()
    expires = Time(allow_null=True)
    used = Time(allow_null=True)
    revoked = Time(allow_null=True)


class NewTokenView(TokenView):
    """A new token, with its text, which is shown only now."""

    token = Char()


class SessionView(Form):
    """Who is signed in in a browser."""

    user = UserView(allow_null=True)
    csrf_token = Char(help_text="Send it as header `X-CSRFToken` with what changes something.")


TokenPage, UserPage = page_of(TokenView), page_of(UserView)
