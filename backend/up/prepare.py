"""`python -m backend.up.prepare [FILE]`: what the backend needs before it starts, in one process.

The database is brought up to date, static files are collected in production, and the demonstration's account, which
owns the sample project, is written to FILE where one is named.
"""

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import django


def main(arguments: Sequence[str]) -> None:
    """Do only what is still to be done: a second start takes a second."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    django.setup()
    # Django must be set up before anything that has models is imported.
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, skip_checks=True, verbosity=0)
    if settings.ENVIRONMENT.production:
        call_command("collectstatic", interactive=False, skip_checks=True, verbosity=0)
    for file in arguments:
        call_command("demo_account", file, skip_checks=True)
        call_command(
            "sample_project", json.loads(Path(file).read_text())["email"], skip_checks=True, stdout=io.StringIO()
        )


if __name__ == "__main__":
    main(sys.argv[1:])
