"""Mails, sent beside the request: neither waiting nor the time it takes tells anybody whether an address is known."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from django.core.mail import EmailMessage

_LOG: Final = logging.getLogger(__name__)
_POOL: Final = ThreadPoolExecutor(1, "mail")
_pending: Final[set[Future[None]]] = set()


def send(to: str, subject: str, text: str) -> None:
    """Send a mail soon; where that fails, the log says so."""
    sent = _POOL.submit(_send, EmailMessage(f"[ProPruNN] {subject}", text, to=[to]))
    _pending.add(sent)
    sent.add_done_callback(_pending.discard)


def finish() -> None:
    """Wait until all mails are sent."""
    wait(list(_pending))


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except Exception:
        _LOG.exception("a mail could not be sent: %s", mail.subject)
