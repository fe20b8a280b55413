"""`python manage.py demo_account FILE`: the account with which a developer looks around."""

import json
import os
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import Scope, User
from backend.accounts.tokens import TokenRefusedError, check, issue

EMAIL: Final = "demo@proprunn.localhost"


class Command(BaseCommand):
    """Writes the account's address, password and token; the same again where they still hold."""

    help = "Make the demonstration's account with the password in $DEMO_PASSWORD, and write how to use it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the base class."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """See the base class."""
        del args
        if not settings.ENVIRONMENT.demo:
            raise CommandError("the demonstration's account is off: PROPRUNN_BACKEND_DEMO=yes (development only)")
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("DEMO_PASSWORD is empty; it must hold the password")
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            user = User.objects.create_user(EMAIL, password, name="Demonstration", is_operator=True)
        elif not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        content = {"email": EMAIL, "password": password, "token": _token(options["file"], user)}
        with os.fdopen(os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)


def _token(file: Path, user: User) -> str:
    """The token in the file if it still holds, else a new one."""
    text: str = json.loads(file.read_text()).get("token", "") if file.is_file() else ""
    try:
        check(text, "127.0.0.1")
    except TokenRefusedError:
        return issue(user, "demonstration", list(Scope))[1]
    return text
