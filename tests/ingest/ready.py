"""What processes beside a test are forked from: all that takes seconds to import, nothing that is connected."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from ingest import jobs  # noqa: E402, F401
from ingest.management.commands import ingest  # noqa: E402, F401
