"""`python manage.py create_operator EMAIL`: the first operator, who invites the others."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.accounts.links import invitation_link, reset_link
from backend.accounts.models import User


class Command(BaseCommand):
    """Prints a link to choose a password, so that none stands in a shell's history."""

    help = "Make an account an operator's (it is created where it does not exist), and print a link to its password."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the base class."""
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="what a new account is called")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the base class."""
        del args
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, name=options["name"])
        User.objects.filter(pk=user.pk).update(is_operator=True, is_active=True)
        user.refresh_from_db()
        self.stdout.write(reset_link(user) if user.has_usable_password() else invitation_link(user))
