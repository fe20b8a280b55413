"""What answers about accounts look like."""

from rest_framework import serializers

from backend.api.forms import Form
from backend.api.schemas import Char, Flag, Integer, Number, Time, Values, page_of

Anything = serializers.JSONField


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


class UserInFull(UserView):
    """An account as operators see it."""

    is_closed = Flag()
    last_login = Time(allow_null=True)
    projects = Integer(help_text="How many it is a member of.")
    storage_bytes = Integer(help_text="What its uploads and the results of its jobs take.")
    jobs = Values(child=Integer(), help_text="How many wait, run, or are being cancelled.")


class LinkView(Form):
    """A link to choose a password."""

    link = Char()


class InvitationView(UserView):
    """A new account."""

    link = Char(help_text="To choose a password; it was mailed too.")


class SettingView(Form):
    """A setting of the installation."""

    name = Char()
    variable = Char(help_text="The environment variable that sets it.")
    value = Anything(allow_null=True, help_text="Hidden where it is a secret.")
    help = Char()
    is_default = Flag()


class SettingList(Form):
    """All settings."""

    items = SettingView(many=True)


class CheckView(Form):
    """What came of using a part of the installation."""

    name = Char()
    ok = Flag()
    detail = Char()
    took_ms = Number()
    figures = Values(help_text="Units stand in the names.")


class HealthReport(Form):
    """How each part of the installation is."""

    status = serializers.ChoiceField(choices=["ok", "degraded"])
    checks = CheckView(many=True)


class WorkerView(Form):
    """Something that runs jobs."""

    name = Char()
    host = Char()
    slots = Integer()
    running = Integer()
    silent_s = Number(help_text="Seconds since the service heard of it.")


class ClusterView(Form):
    """Who runs jobs."""

    version = Char(help_text="The service's.")
    executor = Char()
    workers = WorkerView(many=True)


TokenPage, UserPage = page_of(TokenView), page_of(UserView)
