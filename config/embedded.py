"""Embedded PostgreSQL and Valkey for whoever has no servers of their own."""

import os
from pathlib import Path


def home() -> Path:
    """The folder of what the embedded servers keep: STEMMA_HOME, or var/ of this checkout."""
    if path := os.environ.get("STEMMA_HOME"):
        return Path(path).expanduser().resolve()
    return Path(__file__).resolve().parent.parent / "var"


def redis_url(home: Path) -> str:
    return f"unix://{home}/valkey.sock"


def database_settings(home: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "stemma",
        "USER": "postgres",
        "HOST": str(home / "run"),
    }
