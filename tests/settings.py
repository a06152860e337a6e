"""The settings of the tests: those of a machine of one's own, kept apart from what runs there."""

import os

from config import embedded

os.environ["STEMMA_DEV"] = "1"
os.environ["DEBUG"] = "0"
# Tests have servers of their own within the home, and each of their processes its own: one empties its cache and queue
# while another fills its own. A process that a test starts has those of the test.
os.environ.setdefault("STEMMA_TESTS_WITHIN", str(embedded.home()))
os.environ["STEMMA_HOME"] = os.path.join(
    os.environ["STEMMA_TESTS_WITHIN"], "tests", os.environ.get("PYTEST_XDIST_WORKER", "alone")
)
# No test reaches a source: those who ask one start a stand-in and lead the settings to it.
os.environ |= {
    f"{source}_API_URL": "http://127.0.0.1:9/nobody"
    for source in ("ARXIV", "GITHUB", "SEMANTIC_SCHOLAR", "OPENALEX")
}
# Playwright keeps an event loop in the main thread, and Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from config.settings import *  # noqa: F403
from config.settings import CACHES, CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, MIDDLEWARE, STORAGES

# What the servers of tests keep need not outlive a power cut.
embedded.POSTGRES_OPTIONS |= {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
CACHES["default"]["KEY_PREFIX"] = "stemma-test"
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = "stemma-test:"
DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
DATABASES["default"]["CONN_MAX_AGE"] = 0  # the live server has a thread for each request
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Static files come from their folders, without `collectstatic`.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
