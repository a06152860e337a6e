"""What search keeps of each paper: its words and its vectors. All of it can be computed again."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import VectorField

from catalog.models import Author, Paper, Topic
from catalog.models.base import tracked_by_hand


class RealField(models.FloatField):  # type: ignore[type-arg]  # generic for mypy only
    """A number of four bytes."""

    def db_type(self, connection: Any) -> str:
        return "real"


class PaperText(models.Model):
    """The weighted words of a paper, from its own row and from the tables around it."""

    paper = models.OneToOneField(
        Paper, models.CASCADE, primary_key=True, related_name="search_text"
    )
    words = SearchVectorField()
    terms_hash = models.CharField(
        max_length=64, db_default="", help_text="SHA-256 of the terms and weights in its postings."
    )
    names = ArrayField(
        models.TextField(),
        default=list,
        help_text="Folded names of systems that its titles introduce: quest, flashattention3.",
    )
    prior = RealField(
        db_default=0.0, help_text="From 0 to 1: how much is cited, starred and new (search.prior)."
    )

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="paper_words"),
            GinIndex(fields=["names"], name="paper_system_names"),
        ]


class Word(models.Model):
    """A word of the index with the number of papers that have it; the lexicon that slips are mended from."""

    word = models.TextField(primary_key=True)
    papers = models.PositiveIntegerField()

    class Meta:
        indexes = [
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="word_trigrams"),
        ]

    def __str__(self) -> str:
        return self.word


class IndexState(models.Model):
    """The one row that says how many papers have changed since words and terms were counted last (search.recounting), and by
    which glossary their titles were read (search.glossary).
    """

    changed = models.PositiveIntegerField(default=0)
    glossary = models.CharField(
        max_length=40,
        default="",
        db_default="",
        help_text="Of the glossary by which papers were read last.",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="index_state_once")]

    def __str__(self) -> str:
        return f"{self.changed} changed"


class Term(models.Model):
    """A term of the postings: how many papers have it, those counted in part that are only expected to, and its postings."""

    text = models.TextField(unique=True)
    papers = models.PositiveIntegerField(default=0)
    postings = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [GinIndex(OpClass("text", name="gin_trgm_ops"), name="term_trigrams")]

    def __str__(self) -> str:
        return self.text


class Posting(models.Model):
    """How much a paper is about a term, from 0 to 1; `fields` are the bits of search.terms."""

    pk = models.CompositePrimaryKey("paper_id", "term_id")
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="+", db_index=False)
    term = models.ForeignKey(
        Term, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    weight = RealField()
    fields = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["term", "-weight"], include=["paper", "fields"], name="posting_by_weight"
            )
        ]

    def __str__(self) -> str:
        return f"{self.term_id} in {self.paper_id}: {self.weight:.2f}"


class AuthorName(models.Model):
    """The folded words of a person's name, which `author:` looks people up by (search.authors)."""

    author = models.OneToOneField(Author, models.CASCADE, primary_key=True, related_name="+")
    name = models.CharField(max_length=200, help_text="As it was when its words were read.")
    words = ArrayField(models.TextField())

    class Meta:
        # Written in place: a list of what is yet to be sorted in would be read at each look-up.
        indexes = [GinIndex(fields=["words"], name="author_name_words", fastupdate=False)]

    def __str__(self) -> str:
        return self.name


class Suggestion(models.Model):
    """Something to go to that is suggested while a reader types: a paper, a system, a person, a topic, a venue."""

    class Kind(models.TextChoices):
        PAPER = "paper", "paper"
        SYSTEM = "system", "system"
        AUTHOR = "author", "author"
        TOPIC = "topic", "topic"
        VENUE = "venue", "venue"

    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=200, help_text="Of its row, and of the name for a system.")
    label = models.TextField()
    detail = models.TextField(blank=True)
    url = models.CharField(max_length=1200)
    weight = RealField(help_text="How likely it is meant, from 0 to 1.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="suggestion_once")]

    def __str__(self) -> str:
        return self.label


class SuggestionWord(models.Model):
    """A word that a suggestion can be found by, with its place in the label."""

    suggestion = models.ForeignKey(Suggestion, models.CASCADE, related_name="words", db_index=False)
    word = models.TextField()
    place = models.PositiveSmallIntegerField()
    weight = RealField(help_text="Of its suggestion.")

    class Meta:
        indexes = [
            # Read alone: what begins with some letters can be every tenth suggestion.
            models.Index(
                OpClass("word", name="text_pattern_ops"),
                include=["suggestion", "weight", "place"],
                name="suggestion_word_prefix",
            ),
            # Read alone as well: whether what has one word typed has the others.
            models.Index(
                fields=["suggestion"], include=["word", "place"], name="suggestion_word_of"
            ),
        ]

    def __str__(self) -> str:
        return self.word


@tracked_by_hand
class Synonym(models.Model):
    """An acronym with what it stands for; a question with one finds papers with the other."""

    short = models.CharField(max_length=40, help_text="KV")
    long = models.CharField(max_length=200, help_text="key-value")
    papers = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many papers say so; counted anew by the index."
    )
    is_active = models.BooleanField(
        "used", default=True, help_text="Whether questions are widened by it."
    )
    is_curated = models.BooleanField(
        "curated", default=False, help_text="Kept as it is, whatever the papers say."
    )

    class Meta:
        ordering = ["short", "long"]
        constraints = [models.UniqueConstraint(fields=["short", "long"], name="synonym_once")]

    def __str__(self) -> str:
        return f"{self.short} = {self.long}"


class Embedding(models.Model):
    """A paper's vector by one model, unit length; several models may stand side by side."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="embeddings")
    model = models.CharField(max_length=200)
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the text that was embedded.")
    vector = VectorField()
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["paper", "model"], name="embedding_once_per_model")
        ]


class MapRegion(models.Model):
    """A part of the map that has a name; the parts of level 0 are divided into those of level 1, and so on."""

    level = models.PositiveSmallIntegerField()
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="What gives it its name: most of its papers are under it, and most of those lie here.",
    )  # fmt: skip
    terms = ArrayField(
        models.TextField(), default=list, help_text="What its titles speak of more than others."
    )
    x = models.FloatField(help_text="Its middle.")
    y = models.FloatField()
    reach = models.FloatField(
        help_text="How far its papers lie from its middle, as a root mean square."
    )

    class Meta:
        ordering = ["level", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its topic's, with that of the topic above where it is one word: "Model" says little. Else its two first terms."""
        if self.topic:
            return self.topic.name if " " in self.topic.name else self.topic.label
        words = " · ".join(self.terms[:2])
        return words[:1].upper() + words[1:] if words else "Without a name"


class MapPlace(models.Model):
    """Where a listed paper lies on the map of the field, by the vector of its text (search.map)."""

    paper = models.OneToOneField(Paper, models.CASCADE, primary_key=True, related_name="map_place")
    x = models.FloatField()
    y = models.FloatField()
    region = models.ForeignKey(
        MapRegion, models.SET_NULL, null=True, related_name="places",
        help_text="The smallest that it lies in.",
    )  # fmt: skip
    model = models.CharField(max_length=200)
    text_hash = models.CharField(
        max_length=64, help_text="Of the text whose vector it was placed by."
    )
    is_settled = models.BooleanField(
        help_text="Whether it took part when the whole map was drawn, or was put beside others since."
    )
    placed_at = models.DateTimeField(help_text="When it came to lie where it lies.")

    def __str__(self) -> str:
        return f"{self.paper_id} at {self.x:.1f}, {self.y:.1f}"
