"""Keeping programs and floods out, without anybody else's help and without knowing who readers are.

Every limit is counted in the database, under a lock, so that it holds whatever becomes of Redis; there only the number of
tries is counted, which costs less than a row. Addresses are kept as a hash that changes daily, for a day.
"""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from catalog.models import ProposalSending

_SALT = "stemma.proposals"
_FORM_LIVES = 24 * 3600  # seconds
_TEN_MINUTES = timedelta(minutes=10)
_DAY = timedelta(days=1)
_MOST_TRIES = 60  # sent in ten minutes, taken or not
MOST_ADDRESSES = 3  # of the web in a note
_ADDRESS = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)


class NotTaken(Exception):
    """Why something that was sent is not taken, in plain words; `status` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def new_stamp() -> str:
    """What a form carries: when it was shown, signed, and a name of its own."""
    return signing.dumps(secrets.token_urlsafe(18), salt=_SALT)


def read_stamp(stamp: str) -> str:
    """The name of the form that was sent; refused when it is not ours, too old, or sent by who cannot have read it."""
    if not stamp:
        raise NotTaken("This form is not complete. Send it once more.")
    try:
        name: str = signing.loads(stamp[:500], salt=_SALT, max_age=_FORM_LIVES)
    except signing.SignatureExpired as error:
        raise NotTaken("This form was open for more than a day. Look it over and send it once more.") from error  # fmt: skip
    except signing.BadSignature as error:
        raise NotTaken("This form is not one of ours. Send it once more.") from error
    if _is_younger(stamp, settings.PROPOSAL_SECONDS):
        raise NotTaken("That was quick. Look over what you wrote, and send it once more.")
    return name[:64]


def _is_younger(stamp: str, seconds: float) -> bool:
    if not seconds:
        return False
    try:
        signing.loads(stamp, salt=_SALT, max_age=timedelta(seconds=seconds))
    except signing.SignatureExpired:
        return False
    return True


def check_texts(*texts: str) -> None:
    """Refuse texts that are mostly advertisement."""
    if sum(len(_ADDRESS.findall(text)) for text in texts) > MOST_ADDRESSES:
        raise NotTaken(f"At most {MOST_ADDRESSES} web addresses fit in a note: give the most telling ones.")  # fmt: skip


def count_try(request: HttpRequest) -> None:
    """Refuse who sends without end, whatever it is."""
    key = f"proposal-tries:{_sender(request)}"
    try:
        cache.add(key, 0, timeout=int(_TEN_MINUTES.total_seconds()))
        tries = cache.incr(key)
    except (RedisError, ValueError):  # the limits of the database hold all the same
        return
    if tries > _MOST_TRIES:
        raise NotTaken(_TOO_FAST, 429)


_TOO_FAST = (
    "Too much came from your address just now. Try again in ten minutes; nothing of it was kept."
)


def count_sending(request: HttpRequest) -> None:
    """Count one that is taken, in the transaction that takes it; refused when it is one too many."""
    sender, now = _sender(request), timezone.now()
    with connection.cursor() as cursor:  # two at once are counted one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('stemma:proposals', 0))")
    ProposalSending.objects.filter(sent_at__lt=now - _DAY).delete()
    own = ProposalSending.objects.filter(sender=sender)
    if own.filter(sent_at__gte=now - _TEN_MINUTES).count() >= settings.PROPOSALS_IN_TEN_MINUTES:
        raise NotTaken(_TOO_FAST, 429)
    if own.count() >= settings.PROPOSALS_OF_ADDRESS:
        raise NotTaken("Very much came from your address today. Try again in some hours.", 429)
    if ProposalSending.objects.count() >= settings.PROPOSALS_A_DAY:
        raise NotTaken("Readers sent more today than the curators can read. Try again tomorrow.", 429)  # fmt: skip
    ProposalSending.objects.create(sender=sender)


def _sender(request: HttpRequest) -> str:
    """A name for where something comes from that says nothing tomorrow."""
    today = timezone.now().date().isoformat()
    return salted_hmac(_SALT, f"{today} {address_of(request)}", algorithm="sha256").hexdigest()


def address_of(request: HttpRequest) -> str:
    """The reader's address: the connection's, or what the outermost of our own proxies wrote."""
    own = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.TRUSTED_PROXIES
    written = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]  # fmt: skip
    return written[-proxies] if proxies and len(written) >= proxies else own
