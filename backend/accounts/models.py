"""Users and tokens."""

import ipaddress
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from backend.ids import new_id


def new_user_id() -> str:
    """A user's name for good."""
    return new_id("user")


def new_token_id() -> str:
    """A token's name for good; no part of the token itself."""
    return new_id("token")


class Scope(models.TextChoices):
    """What a token may be used for; whoever signed in with a password may do all of it."""

    READ = "read", "look at everything its user may see"
    UPLOAD = "upload", "add networks, versions and accelerators"
    RUN = "run", "submit, cancel and retry jobs"
    MANAGE = "manage", "change projects, members, tokens, webhooks and the account"


class UserManager(BaseUserManager["User"]):
    """Makes users."""

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "User":
        """Save a new user; the address is kept in lower case."""
        user = self.model(email=email.strip().lower(), **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "User":
        """Save a new operator (what Django's command calls)."""
        return self.create_user(email, password, is_operator=True, **values)


class User(AbstractBaseUser):
    """A person with an account.

    Attributes:
        is_operator: runs this installation: sees all, sets quotas.
        weight: share of the machine against other users'.
        running_max, queued_max: jobs that run at a time, and that wait or run; the installation's setting where absent.
        storage_bytes_max: what the user's uploads and results may take in all; unlimited where absent.
        confirmed: when it was proven that the user reads the mails of the address; absent until then.
        closed: when the account was closed; the row stays so that what others share keeps its author.
        level: log2 of decayed worker-seconds, at a fixed reference time (see `backend.jobs.fairness`).
        version: counts changes, for ETags.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_user_id, editable=False)
    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    weight = models.FloatField(default=1.0)
    running_max = models.PositiveIntegerField(null=True, blank=True)
    queued_max = models.PositiveIntegerField(null=True, blank=True)
    storage_bytes_max = models.PositiveBigIntegerField(null=True, blank=True)
    confirmed = models.DateTimeField(null=True, default=timezone.now)
    closed = models.DateTimeField(null=True)
    level = models.FloatField(default=-1e9)
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "user"
        constraints = (models.CheckConstraint(condition=models.Q(weight__gt=0), name="weight_is_positive"),)

    def __str__(self) -> str:
        return self.email


class Token(models.Model):
    """A token of a user's program; of the secret only its HMAC is kept.

    Attributes:
        key: the public half, by which the row is found.
        scopes: values of `Scope`.
        addresses: networks it may be used from, such as `192.0.2.0/24`; from everywhere where empty.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_token_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=32, unique=True)
    secret_hmac = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField(null=True)
    used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta:
        db_table = "token"

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"

    @property
    def alive(self) -> bool:
        """Neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or self.expires > timezone.now())

    def allows_address(self, address: str) -> bool:
        """Whether it may be used from there."""
        if not self.addresses:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        networks = [ipaddress.ip_network(network) for network in self.addresses]
        return any((mapped or found) in network for network in networks)
