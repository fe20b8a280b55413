"""Who may call: services that present the token."""

import hmac
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from servicekit.api.problems import ProblemError

bearer: Final = HTTPBearer(auto_error=False, description="The token that both services know.")


def token_fits(presented: str, token: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(presented.encode(), token.encode())


async def authorised(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Refuse callers without the token.

    Raises:
        ProblemError: 401.
    """
    if credentials is None or not token_fits(credentials.credentials, request.app.state.service.settings.token):
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "the token is missing or wrong",
            field="header.Authorization",
            fix="send `Authorization: Bearer TOKEN`",
            headers={"WWW-Authenticate": "Bearer"},
        )
