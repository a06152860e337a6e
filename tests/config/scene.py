"""What the table of permissions is tried on: a row of every model in a catalogue, and what single pages need besides."""

from datetime import date
from typing import Any

import pghistory
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from catalog import curation, models
from catalog.admin.papers import PaperAdmin
from catalog.curation.bulk import Edit
from catalog.history import large
from catalog.models import Author, Catalogue, Paper, Topic
from ingest.adding.forms import topic_labels, topics_of
from ingest.models import Draft, Paste, UploadedList, Visit
from search.models import Embedding, PaperText, Synonym, Word
from tests.factories import make_author, make_paper, make_topic, make_venue


class Rows(dict[type[Model], Any]):
    """A row of every model, in one catalogue or in none; and what single pages need besides."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue
        self.user: User | None = None
        self._fill()

    def _fill(self) -> None:
        name = self.catalogue.slug
        topic = make_topic(f"Topic of {name}", catalogue=self.catalogue)
        with pghistory.context(act="added a paper") as value:
            self.group = value.id
            paper = make_paper(
                f"Paper of {name}",
                topics=[topic],
                arxiv=f"2401.{topic.pk:05}",
                venue=make_venue(name),
            )
        with pghistory.context():  # a transaction goes on naming the last one
            self._fill_up(name, topic, paper)

    def _fill_up(self, name: str, topic: Topic, paper: Paper) -> None:
        other = make_paper(f"Another of {name}", topics=[topic])
        repository = models.Repository.objects.create(owner=name, name="code")
        others = models.Repository.objects.create(owner=name, name="others")
        run = models.Run.objects.create(
            job="import_list", status="done", finished_at=timezone.now(), catalogue=self.catalogue
        )
        of_paper: dict[str, Any] = {"paper": paper}
        rows: list[Model] = [
            self.catalogue,
            topic,
            paper,
            run,
            repository,
            make_author(f"Author of {name}"),
            make_venue(name),
            paper.authorships.get(),
            paper.identifiers.get(),
            paper.placements.get(),
            models.Announcement.objects.create(
                catalogue=self.catalogue, date="2025-01-01", position=1, title="News"
            ),
            models.Candidate.objects.create(
                catalogue=self.catalogue,
                scheme="arxiv",
                value=f"2501.{topic.pk:05}",
                title="Proposed",
                suggested_topic=topic,
            ),
            models.Citation.objects.create(citing=paper, cited=other, source="openalex"),
            models.CitationCount.objects.create(
                source="openalex", counted_on="2025-01-01", **of_paper
            ),
            models.CitationKey.objects.create(key=name, stem=name, **of_paper),
            models.CitingWork.objects.create(cited=paper, source="openalex", key="W"),
            models.Dump.objects.create(date=date(2025, 1, topic.pk % 28 + 1), manifest="{}"),
            models.HarvestQuery.objects.create(catalogue=self.catalogue, query="all:x"),
            models.Link.objects.create(kind="blog", url=f"https://example.org/{name}", **of_paper),
            models.PaperMeasure.objects.create(
                pagerank=0.5, community=0, x=0, y=0, computed_at=timezone.now(), **of_paper
            ),
            models.PaperRepository.objects.create(
                repository=repository, badge_repository=others, **of_paper
            ),
            models.Problem.objects.create(
                job="import_list",
                kind="odd",
                message="Odd.",
                fingerprint=name,
                catalogue=self.catalogue,
            ),
            models.Provenance.objects.create(field="title", source="list", **of_paper),
            models.Reference.objects.create(citing=paper, source="openalex", key="W"),
            models.RejectedIdentifier.objects.create(
                scheme="arxiv", value="2401.99999", **of_paper
            ),
            models.Relation.objects.create(subject=paper, object=other, kind="extends"),
            models.RepositoryAlias.objects.create(
                repository=repository, host="github.com", owner=name, name="former"
            ),
            models.SimilarPaper.objects.create(other=other, rank=1, score=0.5, **of_paper),
            models.SourceState.objects.get_or_create(source="arxiv")[0],
            models.StarCount.objects.create(repository=repository, date="2025-01-01", stars=1),
            models.System.objects.create(name="Thing", introduced_by=paper),
            models.TitleAlias.objects.create(title="Also", source="list", **of_paper),
            models.TopicRedirect.objects.create(
                catalogue=self.catalogue, path="former", topic=topic
            ),
            models.VenueSuggestion.objects.create(
                source="arxiv", text="ICLR", venue_name="ICLR", **of_paper
            ),
            Visit.objects.create(
                source="arxiv",
                kind="x",
                subject=topic.pk,
                visited_at=timezone.now(),
                outcome="found",
            ),
            PaperText.objects.get_or_create(paper=paper, defaults={"words": "x"})[0],
            Word.objects.create(word=f"word{name}", papers=1),
            entry := models.GlossaryEntry.objects.create(
                name=f"G{name}", meaning="Something.", is_curated=True
            ),
            models.GlossaryMention.objects.create(entry=entry, place=0, **of_paper),
            Synonym.objects.create(short=f"S{name}", long="something", is_curated=True),
            Embedding.objects.create(paper=paper, model="m", text_hash="h", vector=[0.6, 0.8]),
            ClockedSchedule.objects.create(clocked_time=timezone.now()),
            CrontabSchedule.objects.create(),
            SolarSchedule.objects.get_or_create(
                event="sunset", latitude=1, longitude=topic.pk % 90
            )[0],
            interval := IntervalSchedule.objects.create(every=10 + topic.pk, period="days"),
            PeriodicTask.objects.create(name=name, task="none", interval=interval),
            Group.objects.create(name=f"Group of {name}"),
            User.objects.create_user(f"user of {name}"),
        ]
        rows += self._found(name, paper, other, repository) + self._said(paper, topic)
        self.update({type(row): row for row in rows})

    def _found(
        self, name: str, paper: Paper, other: Paper, repository: models.Repository
    ) -> list[Model]:
        """What jobs found."""
        url = f"https://example.org/{name}"
        check = models.LinkCheck.objects.create(url=url, outcome="moved", moved_to=f"{url}/new")
        people = [make_author(f"A. Person of {name}"), make_author(f"Ann Person of {name}")]
        return [
            check,
            models.LinkCheckChange.objects.create(
                check_of=check, at=timezone.now(), outcome="moved"
            ),
            models.Evidence.objects.create(paper=paper, repository=repository, kind="list"),
            models.Readme.objects.create(repository=repository, digest="d"),
            models.CodeSuggestion.objects.create(
                paper=paper, host="github.com", owner=name, name="named", kind="abstract"
            ),
            models.FieldStatement.objects.create(
                paper=paper, field="title", source="arxiv", value=f"The paper of {name}"
            ),
            models.PaperSuspect.objects.create(first=paper, second=other, score=0.9),
            models.AuthorSuspect.objects.create(first=people[0], second=people[1], score=0.9),
        ]

    def _said(self, paper: Paper, topic: Topic) -> list[Model]:
        """What people said and did."""
        author = paper.authorships.get().author
        return [
            models.NamedAuthor.objects.create(paper=paper, name_key="x", author=author),
            models.Act.objects.create(kind="edit_papers", title="Edited", subjects=[paper.pk]),
            models.TreeChange.objects.create(catalogue=self.catalogue, words="Moved"),
            models.Proposal.objects.create(
                kind="fix",
                paper=paper,
                catalogue=self.catalogue,
                before={"year": ""},
                after={"year": "2021"},
            ),
        ]

    # What single pages need

    def type_of(self, model: type[Model]) -> int:
        return int(ContentType.objects.get_for_model(model).pk)

    def twin(self, model: type[Model]) -> Any:
        if model is Paper:
            return make_paper("Twin", topics=[self[Topic]])
        return make_author("Twin")

    def act(self) -> models.Act:
        """A merge, which can be taken back."""
        return curation.merge_papers(Paper.objects.get(pk=self[Paper].pk), [self.twin(Paper)])[0]

    def undo_run(self) -> models.Run:
        """A job that has yet to take the group back."""
        assert self.user
        return large.ask(self.group, self.user, for_good=False, digest="", why="")

    def merged_pair(self, model: type[Model]) -> Any:
        suspect = self[model]
        merge: Any = (
            curation.merge_papers if model is models.PaperSuspect else curation.merge_authors
        )
        merge(suspect.first, [suspect.second])
        return suspect

    def author_of_two(self) -> Author:
        """One who can be split."""
        author: Author = self[models.Authorship].author
        paper = make_paper("Their other paper", authors=[author.name], topics=[self[Topic]])
        assert author in paper.authors.all()
        return author

    def edit(self) -> dict[str, Any]:
        """An edit of many papers, of one, with what its page showed before."""
        [plan] = curation.plan_edit([self[Paper].pk], Edit({"year": 2019}))
        return {"papers": plan.paper.pk, "year": "2019", "seen": plan.seen, "_apply": "1"}

    def by_hand(self) -> dict[str, Any]:
        """A paper that is typed in, without anything else."""
        data: dict[str, Any] = {"title": "Typed in"}
        for inline in PaperAdmin.inlines:
            key: Any = inline.fk_name or "paper"
            prefix = inline.model._meta.get_field(key).remote_field.get_accessor_name()
            data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        return data

    def draft(self) -> Draft:
        """What the user pasted to add."""
        assert self.user
        made = Draft.objects.filter(paste__user=self.user).first()
        if made is None:
            paste = Paste.objects.create(user=self.user, catalogue=self.catalogue, form="lines")
            made = Draft.objects.create(
                paste=paste, position=1, shown="New", asked={"title": "Quite new"}, state="ready"
            )
        return made

    def pasted(self) -> dict[str, Any]:
        topic, key = self[Topic], self.draft().pk
        labels = {one.pk: label for label, one in topic_labels(topics_of(self.user)).items()}
        return {f"add-{key}": "on", f"topic-{key}": labels.get(topic.pk, topic.label)}

    def second_topic(self) -> Topic:
        return make_topic("Second", catalogue=self.catalogue)

    def part(self) -> dict[str, Any]:
        """A topic split in two."""
        return {"step": "apply", "use": "0", "name-0": "Part", "papers-0": self[Paper].pk}

    def tree_change(self) -> models.TreeChange:
        change = curation.rename_topic(self[Topic], "Renamed")
        assert change
        return change

    def seen(self) -> str:
        """A venue suggestion as its queue shows it."""
        row = self[models.VenueSuggestion]
        return f"{row.pk}:{row.paper.venue_id or 0}:{row.paper.year or 0}"

    def merged(self, model: type[Model]) -> Any:
        twin = self.twin(model)
        model._default_manager.filter(pk=twin.pk).update(merged_into=self[model])
        return twin

    def change_of(self, row: Any) -> int:
        """An edit of the row, which can be put back."""
        name = next(one for one in ("title", "name", "description") if hasattr(row, one))
        if isinstance(row, models.Repository):
            name = "description"
        type(row)._default_manager.filter(pk=row.pk).update(**{name: "Edited"})
        events: Any = type(row).pgh_event_model.objects
        return int(events.filter(pgh_obj_id=row.pk, pgh_label="update").latest("pgh_id").pk)

    def upload(self) -> UploadedList:
        assert self.user
        text = b"# List\n\n## One\n1. [**A paper.**](https://arxiv.org/abs/2004.05150) *A. B.* Arxiv 2020.\n"
        return UploadedList.objects.keep(self.user.pk, self.catalogue.slug, "", "list.md", text)
