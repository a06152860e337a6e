"""Keys of many papers as a parameter: psycopg writes a list number by number, which takes longer than the statement."""

from collections.abc import Iterable


def array_of(keys: Iterable[int]) -> str:
    """Return keys as PostgreSQL writes an array, for a parameter that is cast to bigint[]."""
    return "{" + ",".join(map(str, keys)) + "}"
