"""Settings of every process. Each environment variable is read here, once, and checked."""

import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

from config import embedded

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# STEMMA_DEV marks a machine of one's own: plain http on loopback, and a login link in the terminal.
# `make run`, `manage.py runserver` and the tests set it; a server on the network never does.
DEV = env.bool("STEMMA_DEV", False)
DEBUG = env.bool("DEBUG", False)

# STEMMA_DEMO fills a home of its own from a stand-in for all sources, offline; its numbers are made up (config/demonstration.py).
DEMO = env.bool("STEMMA_DEMO", False)
STEMMA_HOME = embedded.home() / "demo" if DEMO else embedded.home()
DEMO_MARK = STEMMA_HOME / "demonstration"
if DEMO_MARK.exists() and not DEMO:
    raise ImproperlyConfigured(
        f"{STEMMA_HOME} holds a demonstration, whose numbers are made up: start it with STEMMA_DEMO=1, or choose another STEMMA_HOME"
    )


def _redis_url(url: str) -> str:
    if not url:
        return embedded.redis_url(STEMMA_HOME)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # checked when it is read
    except ValueError as error:
        raise ImproperlyConfigured(f"REDIS_URL is not an address: {error}") from error
    if parts.scheme not in {"redis", "rediss", "redis+socket", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or unix://")
    return url


DATABASE_URL = env.str("DATABASE_URL", "")
if DEMO and (DATABASE_URL or env.str("REDIS_URL", "")):
    raise ImproperlyConfigured(
        "STEMMA_DEMO=1 makes numbers up, which it keeps in servers of its own: unset DATABASE_URL and REDIS_URL"
    )
REDIS_IS_EMBEDDED = not env.str("REDIS_URL", "")
REDIS_URL = _redis_url(env.str("REDIS_URL", ""))
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
BIND = env.str("BIND", "127.0.0.1")
# Where a demonstration's stand-in for the sources listens: as far from the pages as in another checkout's.
STANDIN_PORT = PORT + 1400 if PORT + 1400 < 65536 else PORT - 1400


def _address(name: str, url: str, example: str) -> str:
    """The address of a web page that others are put together from: without question or fragment, nor what no address has."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # checked when it is read
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not an address: {error}") from error
    unfit = set(url) & set('<>"{}|\\^`?#') or re.search(r"[\s\x00-\x1f]", url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or unfit:
        raise ImproperlyConfigured(f"{name} must be an address like {example}")
    return url.rstrip("/")


def _site(url: str) -> str:
    """The address that the site has on the network: what dumps say that its papers are called."""
    return _address("SITE_URL", url, "https://stemma.example.org") if url else ""


SITE_URL = _site(env.str("SITE_URL", ""))
WEB_PROCESSES = env.int("WEB_PROCESSES", 2, validate=validate.Range(1, 64))


def _kept_secret_key() -> str:
    """The key kept in the home, made by the first process that asks, so that sessions outlive a restart."""
    path = STEMMA_HOME / "secret_key"
    try:
        embedded.claim(STEMMA_HOME)
        if not path.exists():
            with tempfile.NamedTemporaryFile("w", dir=STEMMA_HOME, prefix="secret_key.") as file:
                file.write(secrets.token_urlsafe(50))
                file.flush()
                os.link(file.name, path)
    except FileExistsError:
        pass  # another process was quicker
    except embedded.EmbeddedError as error:
        raise ImproperlyConfigured(str(error)) from error
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be made: {error.strerror}") from error
    return path.read_text()


SECRET_KEY_IS_GIVEN = bool(env.str("SECRET_KEY", ""))
SECRET_KEY = env.str("SECRET_KEY", "") or _kept_secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

OUR_APPS = ["catalog", "search", "ingest"]
INSTALLED_APPS = [
    "config.apps.StemmaConfig",
    "config.apps.StemmaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "django_celery_beat",
    "csp",
    *OUR_APPS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.NulIsBadRequest",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    if not url:
        return embedded.database_settings(STEMMA_HOME)
    example = "as in postgresql://user:password@host/stemma"
    try:
        parts = urlsplit(url)
        database = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not an address, {example}") from error
    if parts.scheme not in {"postgres", "postgresql"} or not database["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL must name a PostgreSQL database, {example}")
    return database


# How long one query of a page may take. Commands and jobs take the time they need: config/gunicorn.py
# is what says that a process serves pages.
PAGE_STATEMENT_TIMEOUT_MS = env.int("PAGE_STATEMENT_TIMEOUT_MS", 5000, validate=validate.Range(0))
SERVES_PAGES = env.bool("STEMMA_SERVES_PAGES", False)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_database(DATABASE_URL),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 3600,  # what a session has planned is worth keeping
        "CONN_HEALTH_CHECKS": True,
    }
}
_OPTIONS: dict[str, Any] = DATABASES["default"].setdefault("OPTIONS", {})
_OPTIONS.setdefault("connect_timeout", 10)
# A prepared statement has one plan for all values: weighing another one each time would mean planning each time.
_SESSION = ["-c plan_cache_mode=force_generic_plan"]
if SERVES_PAGES:
    _SESSION.append(f"-c statement_timeout={PAGE_STATEMENT_TIMEOUT_MS}")
_OPTIONS["options"] = " ".join([_OPTIONS.get("options", ""), *_SESSION]).strip()

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "stemma",
        "OPTIONS": {"socket_connect_timeout": 3, "socket_timeout": 3},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "stemma:",
    # What a killed worker had taken is given out again after this; it must outlast the longest job.
    "visibility_timeout": 3600 + 300,
    "socket_connect_timeout": 3,
    "socket_timeout": 30,  # longer than a worker's blocking read of a second
}
# A page that sends a job to a queue that is away fails soon, and the schedule catches up.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "j M Y"

STATIC_URL = "static/"
STATIC_ROOT = STEMMA_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
    ("vendor/graphology", NODE_MODULES / "graphology" / "dist"),
    ("vendor/sigma", NODE_MODULES / "sigma" / "dist"),
    ("vendor/source-serif", NODE_MODULES / "@fontsource-variable" / "source-serif-4" / "files"),
]

# The policy of every page, the admin's too: nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
if not DEV:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a paper of hundreds of authors is one form

# The embedding model: "" is all-MiniLM-L6-v2 from its package; else a name or folder for sentence-transformers.
EMBEDDING_MODEL = env.str("EMBEDDING_MODEL", "")
# A cross-encoder that looks at the best hits again: "" is none; else its folder, for sentence-transformers.
RERANKER_MODEL = env.str("RERANKER_MODEL", "")

# Hosts a reading list may be fetched from by a scheduled job.
LIST_HOSTS = env.list(
    "LIST_HOSTS",
    ["raw.githubusercontent.com", "gist.githubusercontent.com", "gitlab.com", "codeberg.org"],
)


def _in_header(name: str) -> str:
    """Read what travels in a header of HTTP; blank is nothing."""
    text = env.str(name, "").strip()
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ImproperlyConfigured(
            f"{name} travels in a header of HTTP: write it with ASCII letters, digits and signs only"
        )
    return text


# Whom a source can write to: an address of mail or of a page, sent with every request.
INGEST_CONTACT = _in_header("INGEST_CONTACT")


def _base(name: str, default: str) -> str:
    return _address(name, env.str(name, "") or default, default)


def _source(prefix: str, base: str, min_interval: float, key: str = "") -> dict[str, Any]:
    """A source's base address, whose host is the only one asked; its key, if any; seconds between two requests."""
    interval = env.float(f"{prefix}_MIN_INTERVAL", min_interval, validate=validate.Range(0, 3600))
    return {
        "base": _base(f"{prefix}_API_URL", base),
        "key": _in_header(key) if key else "",
        "min_interval": interval,
    }


SOURCES = {
    "arxiv": _source("ARXIV", "https://export.arxiv.org/api/query", 3),
    "github": _source("GITHUB", "https://api.github.com", 0.5, "GITHUB_TOKEN"),
    "semantic_scholar": _source(
        "SEMANTIC_SCHOLAR",
        "https://api.semanticscholar.org/graph/v1",
        1,
        "SEMANTIC_SCHOLAR_API_KEY",
    ),
    "openalex": _source("OPENALEX", "https://api.openalex.org", 0.2, "OPENALEX_API_KEY"),
}
if DEMO:  # nobody else is asked, and the stand-in minds no pace
    _standin = f"http://127.0.0.1:{STANDIN_PORT}"
    _bases = {
        "arxiv": f"{_standin}/arxiv/api/query",
        "github": f"{_standin}/github",
        "semantic_scholar": f"{_standin}/semantic_scholar/graph/v1",
        "openalex": f"{_standin}/openalex",
    }
    SOURCES = {
        name: {"base": base, "key": "demonstration" if name == "github" else "", "min_interval": 0}
        for name, base in _bases.items()
    }
# Seconds: one exchange from beginning to end, one call with all its tries, the first pause between two tries.
INGEST_TOTAL_SECONDS = env.float("INGEST_TOTAL_SECONDS", 45, validate=validate.Range(0.1, 600))
INGEST_CALL_SECONDS = env.float("INGEST_CALL_SECONDS", 90, validate=validate.Range(0.1, 3600))
INGEST_BACKOFF = env.float("INGEST_BACKOFF", 2, validate=validate.Range(0, 600))

# How many proxies of one's own stand between readers and the site: the address of a reader is what the outermost wrote.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0, validate=validate.Range(0, 10))
# What readers without an account may send: seconds that a form is looked at before; from one address in ten minutes and in
# a day (a school or a library has one address); from all together in a day.
PROPOSAL_SECONDS = env.float("PROPOSAL_SECONDS", 3, validate=validate.Range(0, 60))
PROPOSALS_IN_TEN_MINUTES = env.int("PROPOSALS_IN_TEN_MINUTES", 10, validate=validate.Range(1))
PROPOSALS_OF_ADDRESS = env.int("PROPOSALS_OF_ADDRESS", 60, validate=validate.Range(1))
PROPOSALS_A_DAY = env.int("PROPOSALS_A_DAY", 300, validate=validate.Range(1))

# The link checker asks other people's hosts: not in a demonstration, which asks nobody.
LINK_CHECKS = env.bool("LINK_CHECKS", True) and not DEMO
# Seconds between two requests to one host, of all processes together; and those that one answer may take.
LINK_CHECK_PAUSE = env.float("LINK_CHECK_PAUSE", 5, validate=validate.Range(0, 3600))
LINK_CHECK_SECONDS = env.float("LINK_CHECK_SECONDS", 15, validate=validate.Range(0.1, 120))
# Hosts that may be asked although they are not public, each with its port where that is not a usual one.
LINK_CHECK_HOSTS: list[str] = env.list("LINK_CHECK_HOSTS", [])

# How many of the dumps that are made each week are kept in the database.
DUMPS_KEPT = env.int("DUMPS_KEPT", 4, validate=validate.Range(1, 100))

# Real papers to measure with, beside the checkout; `manage.py bench` goes without when there are none.
STEMMA_DATA = Path(env.str("STEMMA_DATA", "") or BASE_DIR.parent / "shared" / "data").expanduser()

LOG_LEVEL = env.str(
    "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
)
_TALKATIVE = [
    "httpx",
    "pylatexenc",
    "httpcore",
    "sentence_transformers",
    "torch",
    "celery.worker.strategy",
    "celery.app.trace",
    "celery.beat",
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        **{name: {"level": "WARNING"} for name in _TALKATIVE},
        # They remark on other people's LaTeX; the page that reads lists tells whoever sent them.
        **{name: {"level": "CRITICAL"} for name in ("bibtexparser", "pylatexenc")},
    },
}
