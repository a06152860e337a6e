"""One limiter per host for all processes on all machines, kept in Redis.

A host is asked by one process at a time, and again only when the interval has passed since the last answer ended. Who
holds the turn has it as a lease, renewed before each wait for bytes: a killed process blocks the host for LEASE_MS at most.
"""

import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import redis
from django.conf import settings
from django.utils import timezone

from ingest.http.errors import SourceBusy
from ingest.processes import has_ended, this_process

LEASE_MS = 30_000  # more than the longest wait for one piece of an answer, which is 20 seconds
_PATIENCE = 120  # seconds without Redis after which a run gives up
_POLL = 0.25

# Answers 0 when it is our turn, else the milliseconds after which to ask again.
_TAKE = """
local left = redis.call('PTTL', KEYS[1])
if left > 0 then return math.min(left, 250) end
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return pause end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if tonumber(ARGV[2]) > math.max(0, redis.call('PTTL', KEYS[2])) then redis.call('SET', KEYS[2], '1', 'PX', ARGV[2]) end
return 1
"""
_PAUSE = """
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 1
"""


class Turn:
    """The right to ask a host now."""

    def __init__(self, host: str) -> None:
        prefix = f"{settings.CACHES['default']['KEY_PREFIX']}:limit:{{{host}}}"
        self._keys = [f"{prefix}:busy", f"{prefix}:pause"]
        self._token = f"{this_process()} {secrets.token_hex(8)}"
        self._renewed = 0.0

    def take(self) -> float:
        """Return 0 when the turn is ours, else after how many seconds to ask again."""
        wait = _redis().eval(_TAKE, 2, *self._keys, self._token, LEASE_MS)
        self._renewed = time.monotonic()
        return float(wait) / 1000

    def clear(self) -> None:
        """Take the turn from a process of this machine that was killed; those elsewhere run out of their lease."""
        holder = _redis().get(self._keys[0])
        if isinstance(holder, bytes) and has_ended(
            holder.decode(errors="replace").partition(" ")[0]
        ):
            _redis().eval(_GIVE_BACK, 2, *self._keys, holder, 0)

    def pause(self, seconds: float) -> None:
        """Let nobody ask the host for a while, or for as long as was asked for already if that is longer."""
        with suppress(redis.RedisError):  # whoever asks too early is told so again
            _redis().eval(_PAUSE, 1, self._keys[1], _milliseconds(seconds) or 1)

    def renew(self) -> None:
        """Keep the turn while an answer comes in; asks Redis every few seconds only."""
        if time.monotonic() - self._renewed > LEASE_MS / 1000 / 6:
            self._renewed = time.monotonic()
            with suppress(redis.RedisError):  # the answer under way is worth more than the lease
                _redis().eval(_RENEW, 1, self._keys[0], self._token, LEASE_MS)

    def give_back(self, interval: float) -> None:
        """Let the next one ask once `interval` seconds have passed."""
        try:
            _redis().eval(_GIVE_BACK, 2, *self._keys, self._token, _milliseconds(interval))
        except redis.RedisError:
            time.sleep(interval)  # who remembers nothing waits here


@contextmanager
def turn(host: str, interval: float, patience: float = math.inf) -> Iterator[Turn]:
    """Wait for our turn to ask a host, and hold it. Without Redis nobody asks: it is waited for.

    Who has not got it after `patience` seconds is told that the host is busy.
    """
    mine = Turn(host)
    _wait_for(mine, patience)
    try:
        yield mine
    finally:
        mine.give_back(interval)


def _wait_for(mine: Turn, patience: float) -> None:
    without_redis_since = None
    give_up = time.monotonic() + patience
    while True:
        try:
            wait = mine.take()
            if wait > 0:
                mine.clear()
        except redis.RedisError as error:
            without_redis_since = without_redis_since or time.monotonic()
            if time.monotonic() - without_redis_since > min(_PATIENCE, patience):
                raise SourceBusy(
                    f"Redis, which holds the limiter, does not answer: {error}", timezone.now()
                ) from error
            time.sleep(_POLL)
            continue
        if wait <= 0:
            return
        without_redis_since = None
        if time.monotonic() + wait > give_up:
            raise SourceBusy("others are asking it just now", timezone.now())
        time.sleep(wait)


def _milliseconds(seconds: float) -> int:
    """Return a pause for Redis, whose clock ticks in milliseconds: a key set late in a tick ends one early."""
    return math.ceil(seconds * 1000) + 1 if seconds > 0 else 0


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=5)
