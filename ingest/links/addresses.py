"""Which addresses are asked, and at which place of the network they may be asked."""

import ipaddress
import socket
from urllib.parse import urldefrag, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection, transaction

from catalog.identifiers import parse_identifier, parse_repository
from catalog.link_uses import USED_ADDRESSES
from catalog.models import LinkCheck
from catalog.models.links import host_of

USUAL_PORTS = {80, 443}
_MOST_BYTES = 2000  # an index takes some 2,700
_BATCH = 1000
_EMBEDDING = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind a translator (RFC 6052)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotPublic(Exception):
    """A host that is not on the public network, and that no setting names."""


class NoSuchName(Exception):
    """The domain name system knows no such name."""


class NameFails(Exception):
    """The domain name system does not answer, or not now."""


def catch_up() -> None:
    """Have one row for every address in use that is asked at all, and none for others."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UNUSED)
        LinkCheck.objects.filter(pk__in=[pk for (pk,) in cursor.fetchall()]).delete()
        cursor.execute(_NEW)
        fresh = [url for (url,) in cursor.fetchall() if is_asked(url)]
        LinkCheck.objects.bulk_create(
            [LinkCheck(url=url, host=host_of(url)) for url in fresh],
            batch_size=_BATCH,
            ignore_conflicts=True,
        )


# Both are constants put together; joins, not lists: there may be hundreds of thousands.
_UNUSED = f"SELECT c.id FROM catalog_linkcheck c WHERE NOT EXISTS (SELECT FROM ({USED_ADDRESSES}) u WHERE u.url = c.url)"  # noqa: S608
_NEW = f"SELECT u.url FROM ({USED_ADDRESSES}) u EXCEPT SELECT c.url FROM catalog_linkcheck c"  # noqa: S608


def is_asked(url: str) -> bool:
    """Leave out what registries answer for (arXiv, DOI …), and repositories of GitHub, which are asked for by its job."""
    if len(url.encode(errors="replace")) > _MOST_BYTES:
        return False
    found = parse_identifier(url)
    if found and found.scheme != "url":
        return False
    code = parse_repository(url)
    return not (code and code.host == "github.com" and not code.inner_url)


def as_sent(url: str) -> str:
    """An address as it is asked for: without a name and password, and without what stays in the browser."""
    parts = urlsplit(urldefrag(url).url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_own(host: str) -> bool:
    """Whether a setting names this host (with its port, where one is written)."""
    return host.lower() in map(str.lower, settings.LINK_CHECK_HOSTS)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        missing = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
        raise (NoSuchName if error.errno in missing else NameFails)(host) from error
    except UnicodeError as error:  # no name can be written like this
        raise NoSuchName(host) from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def locate(host: str, port: int) -> str:
    """The address to connect to: a public one, or one of a host that a setting names."""
    found = look_up(host, port)
    if is_own(host) or is_own(f"{host}:{port}"):
        return found[0]
    public = [one for one in found if is_public(one)]
    if not public:
        raise NotPublic(host)
    return public[0]


def is_public(text: str) -> bool:
    """Whether an address is reached over the public network, also when it wraps another one."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    inner: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _EMBEDDING:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo or address.is_site_local:
            return False
    if inner is not None:
        return inner.is_global and not inner.is_multicast
    return address.is_global and not address.is_multicast
