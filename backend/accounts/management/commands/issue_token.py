"""`python manage.py issue_token EMAIL`: a first token, before anybody can sign in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue


class Command(BaseCommand):
    """Prints a new token with all scopes."""

    help = "Issue a token for an account, which is created (without a password) where it does not exist."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the base class."""
        parser.add_argument("email")
        parser.add_argument("--operator", action="store_true", help="a new account becomes an operator's")
        parser.add_argument("--name", default="command line", help="what the token is called")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the base class."""
        del args
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, is_operator=options["operator"])
        self.stdout.write(issue(user, options["name"], list(Scope))[1])
