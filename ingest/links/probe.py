"""Reading what an address answers: which request comes next, or what the answers mean. Pure: no network, no database."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urljoin, urlsplit

from catalog.models import LinkOutcome
from ingest.http.client import retry_after
from ingest.links.addresses import USUAL_PORTS, as_sent, is_own

MOST_HOPS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_GONE = {404: "There is no such page (404).", 410: "The page was taken away for good (410)."}
_MAY_PASS = {408, 425, 429}
_LONGEST = 1000
_SLOWED = (
    600.0  # seconds to leave a host alone that asks us to slow down and does not say for how long
)
_LONGEST_WISH = 30 * 24 * 3600.0


class Fault(Enum):
    """Why there was no answer. The value is what a curator reads."""

    NO_NAME = "Its host does not exist: the name is not in the domain name system."
    NAME_FAILS = "The name of its host cannot be looked up."
    UNREACHED = "Its host cannot be reached."
    SLOW = "It took too long to answer."
    TLS = "Its host has no valid certificate, or cannot speak https."
    BROKEN = "It answers with something that is not HTTP."
    NOT_PUBLIC = "Its host is not on the public network: it is not asked."
    NO_ADDRESS = "This is no address of a page."


# What our own network may be to blame for: believed only once somebody else answers.
DOUBTFUL = frozenset({Fault.NO_NAME, Fault.NAME_FAILS, Fault.UNREACHED, Fault.SLOW, Fault.TLS})
_FAULTS = {
    Fault.NO_NAME: LinkOutcome.HARD,
    Fault.NO_ADDRESS: LinkOutcome.HARD,
    Fault.NOT_PUBLIC: LinkOutcome.UNCHECKED,
}
# With these another method may do better: the host was there, and did not like the question.
_ASK_OTHERWISE = {Fault.SLOW, Fault.BROKEN}


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer."""

    status: int
    location: str = ""
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of asking. `wait` is for how many seconds the host wants to be left alone."""

    outcome: LinkOutcome
    reason: str = ""
    status: int | None = None
    moved_to: str = ""
    wait: float | None = None
    is_doubtful: bool = False


class Probe:
    """The requests that it takes to know how an address is, one after the other.

    HEAD first; GET when that is not understood or refused, since many hosts answer HEAD wrongly. Each redirect is a request of
    its own, and is looked at like the first.
    """

    def __init__(self, url: str) -> None:
        self.start = url
        self.url = url  # to be asked next
        self.method = "HEAD"
        self.verdict = self._unaskable(url)
        self._hops = 0
        self._asked: set[tuple[str, str]] = set()
        self._all_for_good = True
        self._moved_to = ""

    def hear(self, answer: Answer | Fault) -> None:
        """Take the answer to the request that `method` and `url` name; what follows is there, or in `verdict`."""
        self._asked.add((self.method, as_sent(self.url)))
        if isinstance(answer, Fault):
            self._no_answer(answer)
        elif answer.status in _REDIRECTS and answer.location:
            self._redirected(answer)
        elif answer.status >= 400 and self.method == "HEAD" and _wish(answer) is None:
            self.method = "GET"
        else:
            self.verdict = self._judge(answer)

    def _no_answer(self, fault: Fault) -> None:
        if fault in _ASK_OTHERWISE and self.method == "HEAD":
            self.method = "GET"
            return
        outcome = _FAULTS.get(fault, LinkOutcome.SOFT)
        reason = fault.value
        if self._hops:
            reason = f"It leads to {_shown(self.url)}. {reason}"
            if fault is Fault.NO_ADDRESS:  # the page is there, and says nonsense
                outcome = LinkOutcome.SOFT
        self.verdict = Verdict(outcome, reason, is_doubtful=fault in DOUBTFUL)

    def _redirected(self, answer: Answer) -> None:
        self._hops += 1
        try:
            there = urljoin(self.url, answer.location.strip())
        except ValueError:
            there = ""
        self._all_for_good = self._all_for_good and answer.status in _FOR_GOOD
        if not there:
            self._no_answer(Fault.NO_ADDRESS)
        elif unaskable := self._unaskable(there):
            reason = f"It leads to {_shown(there)}. {unaskable.reason}"
            outcome = (
                LinkOutcome.SOFT if unaskable.outcome == LinkOutcome.HARD else unaskable.outcome
            )
            self.verdict = Verdict(outcome, reason, answer.status)
        elif self._hops > MOST_HOPS or (self.method, as_sent(there)) in self._asked:
            text = "It leads in a circle." if self._hops <= MOST_HOPS else "It leads on and on."
            self.verdict = Verdict(LinkOutcome.SOFT, text, answer.status)
        else:
            self.url = there
            if self._all_for_good:
                self._moved_to = there

    def _judge(self, answer: Answer) -> Verdict:
        status = answer.status
        where = f" It leads to {_shown(self.url)}." if self._hops else ""
        if 200 <= status < 300 or status == 304:
            return self._good(status)
        if status in _GONE:
            return Verdict(LinkOutcome.HARD, _GONE[status] + where, status)
        if status in _MAY_PASS or 500 <= status < 600:
            text = (
                "Its host asks us to slow down (429)."
                if status == 429
                else f"Its host fails ({status})."
            )
            return Verdict(LinkOutcome.SOFT, text + where, status, wait=_wish(answer))
        if status < 200:
            return Verdict(LinkOutcome.SOFT, Fault.BROKEN.value + where, None)
        if status < 400:
            return Verdict(LinkOutcome.SOFT, f"It redirects to nowhere ({status}).{where}", status)
        return Verdict(
            LinkOutcome.REFUSED,
            f"It answers robots with {status}; people may see it.{where}",
            status,
        )

    def _good(self, status: int) -> Verdict:
        front = "It leads to the front page of a site: the page itself may be gone."
        reason = front if self._hops and _is_front(self.url) and not _is_front(self.start) else ""
        moved_to = _kept(self._moved_to, self.start)
        if moved_to and as_sent(moved_to) != as_sent(self.start):
            return Verdict(LinkOutcome.MOVED, reason, status, moved_to)
        return Verdict(LinkOutcome.OK, reason, status)

    def _unaskable(self, url: str) -> Verdict | None:
        """Why an address is not asked, if it is not."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        except ValueError:
            return Verdict(LinkOutcome.HARD, Fault.NO_ADDRESS.value)
        if not parts.hostname:
            return Verdict(LinkOutcome.HARD, Fault.NO_ADDRESS.value)
        if port is None:
            return Verdict(
                LinkOutcome.UNCHECKED, f"Addresses of {parts.scheme or 'no scheme'} are not asked."
            )
        if port not in USUAL_PORTS and not is_own(f"{parts.hostname}:{port}"):
            return Verdict(
                LinkOutcome.UNCHECKED, f"Its port, {port}, is no usual one: it is not asked."
            )
        return None


def _wish(answer: Answer) -> float | None:
    """For how long a host wants to be left alone."""
    if answer.status not in _MAY_PASS and answer.status < 500:
        return None
    said = retry_after(answer.retry_after)
    if said is None:
        return _SLOWED if answer.status == 429 else None
    return min(said, _LONGEST_WISH)


def _kept(moved_to: str, start: str) -> str:
    """Where a page moved to, as it can be kept, with the place within it that was meant."""
    fragment = urlsplit(start).fragment
    if moved_to and fragment and "#" not in moved_to:
        moved_to = f"{moved_to}#{fragment}"
    fits = len(moved_to) <= _LONGEST and moved_to.isprintable() and " " not in moved_to
    return moved_to if fits else ""


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _shown(url: str) -> str:
    shown = "".join(char if char.isprintable() else "�" for char in url)
    return shown if len(shown) <= 100 else shown[:99] + "…"
