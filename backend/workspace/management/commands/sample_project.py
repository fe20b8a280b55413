"""`python manage.py sample_project EMAIL`: the project that every newcomer sees."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.workspace.projects import sample_project


class Command(BaseCommand):
    """Prints the project's id; the same each time."""

    help = "Start the sample project, which everybody who signs in may look at, and make an account its owner."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the base class."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the base class."""
        del args
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"nobody has the address {options['email']!r}: name an account's")
        self.stdout.write(sample_project(user).pk)
