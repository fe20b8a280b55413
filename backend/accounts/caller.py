"""Whoever makes a request: a user, and what the token at hand allows."""

from dataclasses import dataclass

from backend.accounts.models import Scope, Token, User


@dataclass(frozen=True)
class Caller:
    """A user who signed in (all scopes) or who presented a token (its scopes)."""

    user: User
    scopes: frozenset[str]
    token: Token | None = None

    @staticmethod
    def of_token(token: Token) -> "Caller":
        """Who presented it."""
        return Caller(token.user, frozenset(token.scopes), token)

    @staticmethod
    def of_session(user: User) -> "Caller":
        """Who signed in with a password."""
        return Caller(user, frozenset(Scope.values))

    def may(self, scope: Scope) -> bool:
        """Whether the scope is granted."""
        return scope.value in self.scopes


def address_of(forwarded: str, peer: str, proxies: int) -> str:
    """The caller's address: the one that the outermost of our own proxies saw, else the peer's.

    Example: `address_of("1.2.3.4, 10.0.0.7", "10.0.0.9", 2) == "1.2.3.4"`; what a caller forges stands further left.
    """
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    if proxies == 0 or len(chain) < proxies:
        return peer
    return chain[-proxies]
