"""The one settings module: read from the environment, loud when wrong. Every name is told in docs/configuration.md."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from environs import Env, EnvError, validate

from roaming.kernel import secrets

django_stubs_ext.monkeypatch()  # ModelAdmin[Invoice], ModelForm[Invoice] at run time too

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
POSITIVE = validate.Range(min=1)

# Without DATABASE_URL the portal runs embedded: a private PostgreSQL and its own secrets under VAR_DIR.
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
EMBEDDED = not DATABASE_URL
EMBEDDED_DURABLE = env.bool("EMBEDDED_DURABLE", True)

if EMBEDDED:
    try:
        _made = secrets.load_or_make(VAR_DIR)
    except OSError as error:
        raise EnvError(f"VAR_DIR cannot be used: {error}. Set it to a folder that can be written to.") from error
    SECRET_KEY = env.str("SECRET_KEY", _made.secret_key)
    FIELD_KEYS = env.list("FIELD_KEYS", [_made.field_key])
else:
    SECRET_KEY = env.str("SECRET_KEY")
    FIELD_KEYS = env.list("FIELD_KEYS")

# The portal as its users and partners see it.
DEBUG = env.bool("DEBUG", False)
PORTAL_URL = env.str("PORTAL_URL", "http://127.0.0.1:8000").rstrip("/")
PORTAL_NAME = env.str("PORTAL_NAME", "Roaming")
PORTAL_PARTY = env.str("PORTAL_PARTY", "NL*RBO")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["*"] if EMBEDDED else [urlsplit(PORTAL_URL).hostname or ""])
CSRF_TRUSTED_ORIGINS = [PORTAL_URL] if "://" in PORTAL_URL else []  # else a system check says what is wrong

# What partners may do and how long we wait for them.
ALLOW_PRIVATE_PARTNERS = env.bool("ALLOW_PRIVATE_PARTNERS", False)
PARTNER_TIMEOUT_SECONDS = env.float("PARTNER_TIMEOUT_SECONDS", 10.0, validate=POSITIVE)
PAGE_LIMIT = env.int("PAGE_LIMIT", 100, validate=POSITIVE)
BODY_LIMIT_BYTES = env.int("BODY_LIMIT_BYTES", 5_000_000, validate=POSITIVE)
REQUESTS_PER_MINUTE = env.int("REQUESTS_PER_MINUTE", 30_000, validate=POSITIVE)
STRANGER_REQUESTS_PER_MINUTE = env.int("STRANGER_REQUESTS_PER_MINUTE", 600, validate=POSITIVE)
PULL_MINUTES = env.int("PULL_MINUTES", 60, validate=POSITIVE)
LATE_HOURS = env.int("LATE_HOURS", 24, validate=POSITIVE)
FULL_PULL_HOURS = env.int("FULL_PULL_HOURS", 24, validate=POSITIVE)
CHECK_PAGES = env.int("CHECK_PAGES", 3, validate=POSITIVE)
CHECK_OBJECTS = env.int("CHECK_OBJECTS", 200, validate=POSITIVE)
CHECK_CALLS = env.int("CHECK_CALLS", 200, validate=POSITIVE)
CHECK_SECONDS = env.int("CHECK_SECONDS", 300, validate=POSITIVE)
JOURNAL_DAYS = env.int("JOURNAL_DAYS", 90, validate=POSITIVE)
JOURNAL_BODY_DAYS = env.int("JOURNAL_BODY_DAYS", JOURNAL_DAYS, validate=POSITIVE)
TOKEN_OVERLAP_HOURS = env.int("TOKEN_OVERLAP_HOURS", 24, validate=POSITIVE)
ROTATE_DAYS = env.int("ROTATE_DAYS", 0, validate=validate.Range(min=0))
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES

INSTALLED_APPS = [
    "partners",
    "roaming",
    "billing",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "template_partials",
    "csp",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "roaming.ocpi.middleware.OcpiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "roaming.urls"
WSGI_APPLICATION = "roaming.wsgi.application"
APPEND_SLASH = False  # a redirect would lose a partner's body and Authorization header

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "roaming.portal.navigation.navigation",
            ],
        },
    },
]
DJANGO_TABLES2_TEMPLATE = "components/table.html"

DATABASES: dict[str, dict[str, Any]] = {
    "default": {"ENGINE": "roaming.kernel.embedded", "NAME": "roaming", "CONN_MAX_AGE": 60}
    if EMBEDDED
    else {**env.dj_db_url("DATABASE_URL"), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1.0, "socket_timeout": 1.0},  # nobody waits for it long
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "roaming.exchange.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "look": {"task": "roaming.exchange.look_again", "schedule": 1.0, "options": {"expires": 5}},
    "judge": {"task": "billing.rating.judge_due", "schedule": 1.0, "options": {"expires": 5}},
    "commands": {"task": "roaming.commands.time_out_due", "schedule": 1.0, "options": {"expires": 5}},
    "open": {"task": "roaming.exchange.open_agreements", "schedule": 60.0, "options": {"expires": 60}},
    "clients": {"task": "roaming.hub.refresh", "schedule": 5.0, "options": {"expires": 5}},
    "pull": {"task": "roaming.exchange.pull_all", "schedule": 60.0, "options": {"expires": 60}},
    "pulls": {"task": "roaming.exchange.pull_due", "schedule": 5.0, "options": {"expires": 5}},
    "rotate": {"task": "roaming.registration.rotate_due", "schedule": crontab(hour=4, minute=29)},
    "broken": {"task": "roaming.registration.end_broken_off", "schedule": 600.0, "options": {"expires": 600}},
    "check": {"task": "roaming.conformance.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "forget": {"task": "roaming.exchange.forget_exchanges", "schedule": crontab(hour=3, minute=17)},
    "forget_authorizations": {
        "task": "roaming.tokens.forget_authorizations",
        "schedule": crontab(hour=3, minute=27),
    },
    "uploads": {"task": "roaming.own_objects.forget_uploads", "schedule": crontab(minute=41)},
}

AUTH_USER_MODEL = "partners.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PORTAL_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PORTAL_URL.startswith("https://") else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served straight from static/; nothing has to be collected first

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    # Behind TLS there is a proxy of ours, which adds whom it heard to X-Forwarded-For.
    "NUM_PROXIES": 1 if PORTAL_URL.startswith("https://") else 0,
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # The sweeps run each second, and requests to partners are journalled: lines for them would bury everything else.
    "loggers": {
        name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy", "httpx2")
    },
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
}

SILENCED_SYSTEM_CHECKS = ["auth.E003"]  # e-mail addresses are unique without regard to case: a constraint of the model
