"""Django's settings, all derived from the environment."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from csp import constants as csp_constants

from backend.config.environment import Environment
from contracts.job import KINDS_OF, CampaignState, EventKind, JobKind, JobState, ServiceName

ENVIRONMENT: Final = Environment.read(os.environ)
ENVIRONMENT.folder.mkdir(parents=True, exist_ok=True)


def _database(choice: Environment) -> dict[str, Any]:
    if choice.database != "sqlite":
        parts = urlsplit(choice.database)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": parts.port or 5432,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    # A writer takes the lock when its transaction begins, so none fails half-way; a commit is on disk when it returns.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA cache_size=-32000;"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": choice.folder / "database.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 20},
        "TEST": {"NAME": Path(tempfile.gettempdir()) / f"proprunn-test-{os.getpid()}.sqlite3"},
    }


def _channel_layer(choice: Environment) -> dict[str, Any]:
    if not choice.redis:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}
    # Without socket_timeout=None, redis-py 8 drops sockets that are idle for long.
    host = {"address": choice.redis, "socket_timeout": None}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}


def _mail(choice: Environment) -> dict[str, Any]:
    parts = urlsplit(choice.mail)
    if parts.scheme != "smtp":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or 587,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.port != 25,
        "EMAIL_TIMEOUT": 20,
    }


SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.origins)
ROOT_URLCONF = "backend.config.urls"
ASGI_APPLICATION = "backend.config.asgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "backend.accounts",
    "backend.workspace",
    "backend.webhooks",
    "backend.jobs",
    "backend.api",
    "frontend",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "frontend.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# For requests to the API with a token (see `backend.live.handler`).
MIDDLEWARE_FOR_PROGRAMS = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.frame",
            ],
        },
    }
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Scripts come from our own files only. So do styles: plotly writes its rules into a style sheet that the page brings
# (see docs/workspace.md), and sets all others through the DOM, which the policy does not concern.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp_constants.NONE],
        "script-src": [csp_constants.SELF],
        "style-src": [csp_constants.SELF],
        "img-src": [csp_constants.SELF, "data:", "blob:"],
        "font-src": [csp_constants.SELF],
        "connect-src": [csp_constants.SELF],
        "form-action": [csp_constants.SELF],
        "base-uri": [csp_constants.NONE],
        "frame-ancestors": [csp_constants.NONE],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.folder / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "frontend.static_files.PlotlyFinder",
]
# In production `manage.py collectstatic` has put files with hashed names into STATIC_ROOT; elsewhere they are served
# from where they lie, as they are now.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not ENVIRONMENT.production
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "frontend.static_files.HashedFiles"
        if ENVIRONMENT.production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LOGIN_URL = "accounts:sign_in"
DATABASES = {"default": _database(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {"default": _channel_layer(ENVIRONMENT)}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENVIRONMENT.redis}
    if ENVIRONMENT.redis
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}
}
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    }
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
for _name, _value in _mail(ENVIRONMENT).items():
    globals()[_name] = _value

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 << 20
FILE_UPLOAD_TEMP_DIR = str(ENVIRONMENT.folder)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.api.authentication.TokenAuthentication",
        "backend.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.api.authentication.IsCaller"],
    "DEFAULT_RENDERER_CLASSES": ["backend.api.rendering.QuickJSON"],
    "DEFAULT_PARSER_CLASSES": ["backend.api.parsers.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["backend.api.throttling.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.openapi.Description",
    "EXCEPTION_HANDLER": "backend.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ProPruNN",
    "VERSION": "1",
    "DESCRIPTION": "What a convolutional network costs on an accelerator, and how to make it cost less.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobKind": [kind.value for kind in JobKind],
        "HardwareKind": [kind.value for kind in KINDS_OF[ServiceName.HARDWARE]],
        "JobState": [state.value for state in JobState],
        "EventKind": [kind.value for kind in EventKind],
        "CampaignState": [state.value for state in CampaignState],
        "DeliveryState": "backend.webhooks.models.DeliveryState",
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
