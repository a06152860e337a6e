"""Badges and side links of an entry: code repositories, homepages, data, videos."""

import re
from urllib.parse import unquote, urlsplit

from catalog.identifiers import Ident, RepositoryName, parse_identifier, parse_repository
from catalog.models import Link
from ingest.lists.inline import Image, plain_text
from ingest.lists.records import ListedLink

_WORDS = {
    Link.Kind.HOMEPAGE: "homepage home website site project page webpage projectpage leaderboard",
    Link.Kind.PAPER: "paper pdf arxiv openreview acl preprint fulltext full",
    Link.Kind.CODE: "code github gitlab repo repository implementation official colab",
    Link.Kind.DATASET: "data dataset datasets benchmark corpus",
    Link.Kind.MODEL: "model models weights checkpoint checkpoints huggingface",
    Link.Kind.VIDEO: "video youtube talk demo recording",
    Link.Kind.BLOG: "blog post blogpost article medium twitter tweet",
    Link.Kind.SLIDES: "slides slide poster presentation",
    Link.Kind.OTHER: "link url here",
}
_KIND_OF_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}
MAX_LABEL = 200
_BADGE_HOSTS = frozenset({"img.shields.io", "badgen.net", "flat.badgen.net"})
_STARS = re.compile(r"/github/(?:stars|forks|watchers)/([\w.-]+)/([\w.-]+?)/?$")


def is_label(text: str) -> bool:
    """Tell a label such as "Paper" or "[code]" from a title."""
    words = re.findall(r"\w+", text.lower())
    return bool(words) and len(words) <= 2 and all(word in _KIND_OF_WORD for word in words)


def is_badge(image: Image) -> bool:
    """Tell the image of a service that draws badges from a picture."""
    parts = urlsplit_or_none(image.src)
    return parts is not None and parts[0] in _BADGE_HOSTS


def badge_repository(image: Image) -> RepositoryName | None:
    """The repository whose stars a badge image shows, or None for another badge."""
    parts = urlsplit_or_none(image.src)
    if not parts or parts[0] not in _BADGE_HOSTS:
        return None
    match = _STARS.search(parts[1].removesuffix(".svg"))
    if not match:
        return None
    return parse_repository(f"https://github.com/{match[1]}/{match[2]}")


def badge_words(image: Image) -> tuple[str, str]:
    """What a static badge says: its kind and a label, as "Data" and "HF" of /badge/Data-HF-yellow.

    In a badge's address "--" is a hyphen, "__" an underscore and "_" a space; the last part is its colour.
    """
    parts = urlsplit_or_none(image.src)
    match = re.search(r"/badge/(.+)$", parts[1]) if parts else None
    if not match:
        text = plain_text(image.alt)
        return (text, "") if is_label(text) else (text, text)
    text = (
        unquote(match[1])
        .removesuffix(".svg")
        .replace("--", "\0")
        .replace("__", "\1")
        .replace("_", " ")
    )
    pieces = [plain_text(piece.replace("\0", "-").replace("\1", "_")) for piece in text.split("-")]
    words = pieces[:-1] or pieces
    if is_label(words[0]):
        return words[0], " ".join(words[1:])
    return " ".join(words), " ".join(words)


def link_kind(label: str, url: str) -> str:
    """Guess a link's kind from its label, then from its host."""
    for word in re.findall(r"[a-z]+", label.lower()):
        if kind := _KIND_OF_WORD.get(word):
            return kind
    host, path = urlsplit_or_none(url) or ("", "")
    if host.endswith("huggingface.co"):
        return Link.Kind.DATASET if path.startswith("/datasets/") else Link.Kind.MODEL
    if host.endswith(("youtube.com", "youtu.be", "vimeo.com", "bilibili.com")):
        return Link.Kind.VIDEO
    if path.endswith(".pdf"):
        return Link.Kind.PAPER
    if host.endswith(".github.io"):
        return Link.Kind.HOMEPAGE
    return Link.Kind.OTHER


def read_side_link(words: str, label: str, url: str) -> Ident | ListedLink | None:
    """Turn a link beside the title into a further identifier of the paper or a typed link."""
    found = parse_identifier(url)
    if found and found.scheme != "url":
        return found
    if not found or not re.match(r"https?://", url, re.IGNORECASE):
        return None
    return ListedLink(
        link_kind(words, url), url, "" if label == words and is_label(label) else label[:MAX_LABEL]
    )


def urlsplit_or_none(url: str) -> tuple[str, str] | None:
    """Host and path of a URL, or None for what is none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.path
    except ValueError:
        return None
