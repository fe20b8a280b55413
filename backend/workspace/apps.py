"""Django's view of the application."""

from typing import Any

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Writes down what happens to accounts, too."""

    name = "backend.workspace"

    def ready(self) -> None:
        """Listen to the accounts' journal."""
        from backend.accounts.journal import happened  # noqa: PLC0415  # models are ready only now

        happened.connect(_note, dispatch_uid="activity")


def _note(caller: Any, verb: str, subject: str, details: dict[str, Any], **_: Any) -> None:
    from backend.workspace.activity import note  # noqa: PLC0415  # as above

    note(caller, verb, subject, **details)
