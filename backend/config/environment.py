"""Everything an operator can choose, read from environment variables; loud when wrong.

A variable is `PROPRUNN_BACKEND_` and the field's name in capitals. Production mode refuses what only a developer wants.
"""

import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, get_args

from fsspec import get_filesystem_class

from contracts.cache import cache_directory
from contracts.errors import InputError

PREFIX: Final = "PROPRUNN_BACKEND_"
DEVELOPMENT_KEY: Final = "only-for-development-and-tests-never-for-production"
LEAST_KEY_CHARACTERS: Final = 40
HIDDEN: Final = "(hidden)"
_IN_ADDRESS: Final = re.compile(r"(?<=://).*@")
_YES: Final = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


def _described(
    text: str, default: Any = None, factory: Callable[[], Any] | None = None, *, secret: bool = False
) -> Any:
    metadata = {"help": text, "secret": secret}
    return field(default_factory=factory, metadata=metadata) if factory else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Environment:
    """One checked set of choices.

    Raises:
        InputError: on construction, naming every variable that is wrong, its value and the fix.
    """

    mode: str = _described("`development` or `production`", "development")
    debug: bool = _described("show Django's debugging pages (development only)", default=False)
    secret_key: str = _described(
        "signs sessions and password resets; 40 characters or more", DEVELOPMENT_KEY, secret=True
    )
    token_key: str = _described("keys the HMAC under which API tokens are stored", DEVELOPMENT_KEY, secret=True)
    hosts: tuple[str, ...] = _described("names under which the backend is reached", ("localhost", "127.0.0.1", "[::1]"))
    origins: tuple[str, ...] = _described("origins trusted for posts from browsers, such as https://lab.example", ())
    https: bool = _described("a proxy before us speaks TLS: secure cookies, no plain http", default=False)
    proxies: int = _described("proxies before us that append to X-Forwarded-For", 0)
    folder: Path = _described("database, files and scratch space", factory=lambda: cache_directory() / "backend")
    database: str = _described("`sqlite` in the folder, or postgresql://USER:PASSWORD@HOST:PORT/NAME", "sqlite")
    store: str = _described("where artifacts lie: `folder`, or an fsspec address such as s3://bucket/path", "folder")
    redis: str = _described("redis://… where several web processes share events; empty for one process", "")
    hwservice_url: str = _described("the hardware service", "http://127.0.0.1:8101")
    hwservice_token: str = _described("its token", "", secret=True)
    mlservice_url: str = _described("the learning service", "http://127.0.0.1:8102")
    mlservice_token: str = _described("its token", "", secret=True)
    dispatch: bool = _described("this process also dispatches jobs", default=True)
    reuse: bool = _described("jobs that the same code did before end at once with that result", default=True)
    signup: bool = _described("anyone may open an account", default=False)
    token_days_max: int = _described("longest life of an API token in days; 0 for no limit", 0)
    demo: bool = _described("offer the demonstration's account (development only)", default=False)
    mail: str = _described("smtp://USER:PASSWORD@HOST:PORT, or `console` to print mails", "console")
    mail_from: str = _described("sender of mails", "proprunn@localhost")
    address: str = _described("where users reach the backend, for links in mails", "http://localhost:8100")
    upload_bytes: int = _described("largest file that is taken", 256 << 20)
    lease_s: float = _described("how long an attempt may stay silent before it is started anew", 30.0)
    attempts_max: int = _described("how often a job is started whose lease expires", 3)
    faults_max: int = _described("how often an attempt may fail by the machine's fault", 8)
    running_per_user: int = _described("jobs of one user that run at a time", 8)
    running_per_project: int = _described("jobs of one project that run at a time", 16)
    queued_per_user: int = _described("jobs of one user that may wait", 5000)
    storage_bytes_per_project: int = _described("uploads and results of one project", 50 << 30)
    unused_kept_h: float = _described("hours for which files are kept that nothing refers to", 24.0)
    requests_per_minute: int = _described("API requests of one caller", 6000)
    webhook_networks: tuple[str, ...] = _described("networks that webhooks may reach besides public addresses", ())

    def __post_init__(self) -> None:
        problems = [*_out_of_range(self), *(_unfit_for_production(self) if self.mode == "production" else ())]
        if problems:
            raise InputError("the environment is not usable: " + "; ".join(problems))

    @property
    def production(self) -> bool:
        """Others than the developer use it."""
        return self.mode == "production"

    def shown(self) -> list[dict[str, Any]]:
        """Every choice as operators may see it, with its variable and meaning; secrets are hidden."""
        return [_shown(entry, getattr(self, entry.name)) for entry in fields(self)]

    @staticmethod
    def read(variables: Mapping[str, str]) -> "Environment":
        """From variables such as `os.environ`; those without the prefix are ignored.

        Raises:
            InputError: an unknown name (with the nearest known one), or a value that cannot be used.
        """
        known = {variable(entry.name): entry for entry in fields(Environment)}
        given = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, text in given.items():
            entry = known.get(name)
            if entry is None:
                problems.append(f"{name} is unknown{_nearest(name, known)}")
                continue
            try:
                values[entry.name] = _parse(text, entry.type)
            except ValueError as error:
                problems.append(f"{name} is {text!r}; {error}")
        if problems:
            raise InputError("the environment is not usable: " + "; ".join(problems))
        return Environment(**values)


def variable(name: str) -> str:
    """The variable of a field."""
    return PREFIX + name.upper()


def _shown(entry: "Field[Any]", value: Any) -> dict[str, Any]:
    default = entry.default_factory() if entry.default_factory is not MISSING else entry.default
    plain = list(value) if isinstance(value, tuple) else value if isinstance(value, bool | int | float) else str(value)
    if isinstance(plain, str):
        secret = entry.metadata["secret"] and plain
        plain = HIDDEN if secret else _IN_ADDRESS.sub(f"{HIDDEN}@", plain)
    about = {"name": entry.name, "variable": variable(entry.name), "help": entry.metadata["help"]}
    return {**about, "value": plain, "is_default": value == default}


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _parse(text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in _YES:
            raise ValueError("say yes or no")
        return _YES[text.lower()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise ValueError("it must be a number") from None
    if get_args(kind):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return kind(text)


_LEAST: Final = {
    "upload_bytes": 1 << 10,
    "lease_s": 0.5,
    "attempts_max": 1,
    "faults_max": 1,
    "running_per_user": 1,
    "running_per_project": 1,
    "queued_per_user": 1,
    "storage_bytes_per_project": 1 << 10,
    "unused_kept_h": 0,
    "requests_per_minute": 1,
    "proxies": 0,
    "token_days_max": 0,
}


def _out_of_range(choice: Environment) -> list[str]:
    found = []
    if choice.mode not in ("development", "production"):
        found.append(f"{variable('mode')} is {choice.mode!r}; say development or production")
    for name, least in _LEAST.items():
        value = getattr(choice, name)
        if not (math.isfinite(value) and value >= least):
            found.append(f"{variable(name)} is {value}; it must be at least {least}")
    schemes = (("database", ("sqlite", "postgresql://")), ("redis", ("", "redis://", "rediss://", "unix://")))
    web = ("http://", "https://")
    for name, allowed in (
        *schemes,
        ("mail", ("console", "smtp://")),
        ("hwservice_url", web),
        ("mlservice_url", web),
        ("address", web),
    ):
        value = getattr(choice, name)
        if not any(value == form or (form.endswith("//") and value.startswith(form)) for form in allowed):
            said = _IN_ADDRESS.sub(f"{HIDDEN}@", value)
            found.append(f"{variable(name)} is {said!r}; it must be one of {', '.join(filter(None, allowed))}")
    return found + _store(choice) + _networks(choice)


def _store(choice: Environment) -> list[str]:
    """Places such as s3:// need a package of their own, which may be missing."""
    scheme, given, _ = choice.store.partition("://")
    try:
        get_filesystem_class(scheme if given else "file")
    except (ImportError, ValueError) as error:
        return [f"{variable('store')} is {choice.store!r}; {error}"]
    return []


def _networks(choice: Environment) -> list[str]:
    found = []
    for text in choice.webhook_networks:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            found.append(f"{variable('webhook_networks')} has {text!r}; {error}, say such as 10.1.0.0/16")
    return found


def _unfit_for_production(choice: Environment) -> list[str]:
    found = []
    for name in ("secret_key", "token_key"):
        value = getattr(choice, name)
        if value == DEVELOPMENT_KEY or len(value) < LEAST_KEY_CHARACTERS:
            found.append(
                f"{variable(name)} is {'the default' if value == DEVELOPMENT_KEY else 'too short'};"
                f" production needs {LEAST_KEY_CHARACTERS} random characters"
            )
    if choice.secret_key == choice.token_key and not found:
        found.append(f"{variable('token_key')} equals {variable('secret_key')}; choose two")
    found += [f"{variable(name)} is on; production refuses it" for name in ("debug", "demo") if getattr(choice, name)]
    if "*" in choice.hosts:
        found.append(f"{variable('hosts')} is '*'; production needs the names")
    for name in ("hwservice_token", "mlservice_token"):
        if not getattr(choice, name):
            found.append(f"{variable(name)} is empty; production needs the service's token")
    return found
