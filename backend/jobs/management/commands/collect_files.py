"""`python manage.py collect_files [--dry-run] [--kept-h HOURS]`: removes files that nothing refers to."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.jobs.collection import collect, unused


class Command(BaseCommand):
    """The dispatcher does the same every hour."""

    help = "Remove files that nothing refers to any more, and what broken uploads left behind."

    def add_arguments(self, parser: CommandParser) -> None:
        """See the base class."""
        parser.add_argument("--dry-run", action="store_true", help="only say which")
        parser.add_argument("--kept-h", type=float, help="only what came in so many hours ago (default: the setting)")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the base class."""
        del args
        hours: float = settings.ENVIRONMENT.unused_kept_h if options["kept_h"] is None else options["kept_h"]
        if hours < 0:
            raise CommandError(f"--kept-h is {hours:g}; it must be 0 or more")
        if not options["dry_run"]:
            self.stdout.write(f"{collect(hours)} bytes removed")
            return
        for artifact in unused(hours):
            self.stdout.write(f"{artifact.digest} {artifact.size_bytes}")
