"""Adding many papers at once: a table of what each line of a paste is, which to add, under which topics; one save."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django_htmx.http import HttpResponseClientRefresh

from catalog import curation
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.folding import fold
from catalog.models import Paper, Topic
from ingest.adding.forms import topic_labels, topics_by_name, topics_of
from ingest.adding.saving import list_known, save_as_found, take_records
from ingest.adding.standing import (
    DOUBTFUL,
    KNOWN,
    NEW,
    NOT_FOUND,
    REPEATED,
    SAVED,
    UNLISTED,
    WAITING,
    Standing,
    standings,
)
from ingest.models import Draft, Paste
from search.topic_suggestions import UNLIKELY

if TYPE_CHECKING:
    from ingest.admin_adding import AddViews

_MEANWHILE = "Somebody else added the same meanwhile."
_ORDER = [NEW, UNLISTED, DOUBTFUL, NOT_FOUND, KNOWN, REPEATED, WAITING, SAVED]
_WORDS = {
    NEW: "new",
    UNLISTED: "known, not listed",
    DOUBTFUL: "doubtful",
    NOT_FOUND: "not found",
    KNOWN: "listed already",
    REPEATED: "repeated in the paste",
    WAITING: "waiting",
    SAVED: "added",
}


@dataclass(slots=True)
class Row:
    """One line of the table."""

    draft: Draft
    standing: Standing
    topic: str = ""  # the label of the one that is chosen
    is_ticked: bool = False
    refusal: str = ""
    suggested: list[tuple[str, float]] = field(default_factory=list)
    reasons: str = ""

    def refuse(self, why: str) -> None:
        self.refusal = why
        self.draft.state, self.draft.paper = Draft.State.READY, None

    @property
    def words(self) -> str:
        if self.standing.what == KNOWN and self.standing.elsewhere:
            return "listed in another catalogue"
        return _WORDS[self.standing.what]

    @property
    def authors(self) -> list[str]:
        names: list[str] = self.draft.facts.get("authors", {}).get("value", [])
        return names

    @property
    def year(self) -> Any:
        return self.draft.facts.get("year", {}).get("value", "")


class PasteViews:
    def __init__(self, views: "AddViews") -> None:
        self.views = views

    def table(self, request: HttpRequest, pk: int) -> HttpResponse:
        paste = self._own(request, pk)
        if request.method == "POST":
            if "_discard" in request.POST:
                paste.delete()
                return HttpResponseRedirect(self.views.url("add"))
            if "_stop" in request.POST:
                return self._stop(paste)
            if "_go_on" in request.POST:
                return self._go_on(request, paste)
            return in_words(request, partial(self._save, request, paste))
        return self._show(request, paste, self._rows(request, paste))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far the looking up is; once it is done the page is loaded anew."""
        paste = self._own(request, pk)
        context = self._progress(paste)
        if not context["waiting"] and "HX-Request" in request.headers:
            return HttpResponseClientRefresh()
        return framed(self.views.admin, request, "admin/ingest/_paste_progress.html", context)

    def _own(self, request: HttpRequest, pk: int) -> Paste:
        rows = Paste.objects.select_related("catalogue")
        return get_object_or_404(rows, pk=pk, user=request.user.pk or 0)

    def _progress(self, paste: Paste) -> dict[str, Any]:
        total = paste.drafts.count()
        waiting = paste.drafts.filter(state=Draft.State.WAITING).count()
        return {"paste": paste, "total": total, "waiting": waiting, "done": total - waiting}

    def _rows(self, request: HttpRequest, paste: Paste) -> list[Row]:
        drafts = list(paste.drafts.select_related("paper", "paste__catalogue"))
        judged = standings(drafts, paste.catalogue)
        labels = {topic.pk: label for label, topic in topic_labels(topics_of(request.user)).items()}
        return [_row(draft, judged[draft.pk], labels) for draft in drafts]

    def _show(self, request: HttpRequest, paste: Paste, rows: list[Row]) -> HttpResponse:
        context = self._progress(paste) | {
            "rows": rows,
            "counts": _counts(rows),
            "labels": topic_labels(topics_of(request.user)),
            "can_add": any(row.standing.can_be_added for row in rows),
            "title": "Add papers",
        }
        return framed(self.views.admin, request, "admin/ingest/add_table.html", context)

    def _stop(self, paste: Paste) -> HttpResponse:
        """Look up nothing more: what waits can be added as it is pasted."""
        Paste.objects.filter(pk=paste.pk).update(is_stopped=True)
        paste.drafts.filter(state=Draft.State.WAITING).update(state=Draft.State.READY)
        return HttpResponseRedirect(self.views.url("paste", paste.pk))

    def _go_on(self, request: HttpRequest, paste: Paste) -> HttpResponse:
        from ingest.admin_adding import send

        if not send(paste):
            self.views.admin.message_user(
                request,
                "The jobs cannot be reached just now. Try again in a moment.",
                messages.ERROR,
            )
        return HttpResponseRedirect(self.views.url("paste", paste.pk))

    # Saving

    def _save(self, request: HttpRequest, paste: Paste) -> HttpResponse:
        """Add what is ticked, row by row: one that is refused stays with its reason, the others are added."""
        rows = self._rows(request, paste)
        topics = topics_by_name(topics_of(request.user), paste.catalogue)
        with transaction.atomic():
            curation.hold_off_imports()
            for row in rows:
                key = str(row.draft.pk)
                row.topic = request.POST.get(f"topic-{key}", "")[:300]
                row.is_ticked = f"add-{key}" in request.POST
            wanted = [row for row in rows if row.is_ticked and row.standing.can_be_added]
            self._add(request, wanted, topics)
            take_records(row.draft for row in wanted if row.draft.paper)
        added = [row.draft.paper for row in wanted if row.draft.paper]
        refused = [row for row in rows if row.refusal]
        if added:
            curation.note_act(f"added {len(added)} papers from a pasted list")
            self._log(request, added)
            self._fill_in(rows)
        if refused:
            words = f"{_papers(len(added))} added, {len(refused)} refused: the reasons stand in the table."
            self.views.admin.message_user(request, words, messages.WARNING)
            return self._show(request, paste, self._after(request, paste, refused))
        level = messages.SUCCESS if added else messages.WARNING
        text = (
            f"Added: {_papers(len(added))}." if added else "Nothing was ticked: nothing was added."
        )
        self.views.admin.message_user(request, text, level)
        return HttpResponseRedirect(self.views.url("paste", paste.pk))

    def _add(self, request: HttpRequest, wanted: list[Row], topics: dict[str, Topic]) -> None:
        """Add rows, or note in them why not: first what is known already, then all that is new together."""
        new: list[tuple[Row, Topic]] = []
        for row in wanted:
            topic = topics.get(fold(row.topic))
            if topic is None:
                named = row.topic.strip()
                row.refusal = (
                    f"There is no topic “{row.topic}”." if named else "It has no topic yet."
                )
            elif row.standing.paper is None:
                new.append((row, topic))
            else:
                self._list(request, row, row.standing.paper, topic)
        if not self._save_new(new, request.user):
            for one in new:  # somebody else writes the same: find out which
                self._save_new([one], request.user)

    def _list(self, request: HttpRequest, row: Row, paper: Paper, topic: Topic) -> None:
        user: Any = request.user
        if not user.has_perm("catalog.change_paper"):
            row.refusal = "You may add papers, but not change one that is here."
            return
        try:
            with transaction.atomic():
                list_known(row.draft, paper, [topic], user)
        except curation.Refused as error:
            row.refuse(str(error))
        except IntegrityError:
            row.refuse(_MEANWHILE)

    def _save_new(self, new: list[tuple[Row, Topic]], user: Any) -> bool:
        try:
            with transaction.atomic():
                refused = save_as_found([(row.draft, topic) for row, topic in new], user)
        except IntegrityError:
            for row, _ in new:
                row.refuse(_MEANWHILE)
            return False
        except curation.Refused as error:  # a proposal that its sender took back meanwhile
            for row, _ in new:
                row.refuse(str(error))
            return False
        for row, _ in new:
            row.refusal = str(refused.get(row.draft.pk, ""))
        return True

    def _after(self, request: HttpRequest, paste: Paste, refused: list[Row]) -> list[Row]:
        """The table as it is now, with the refused rows as they were sent."""
        before = {row.draft.pk: row for row in refused}
        rows = self._rows(request, paste)
        for row in rows:
            if old := before.get(row.draft.pk):
                row.refusal, row.topic, row.is_ticked = old.refusal, old.topic, True
            else:
                row.is_ticked = False
        return rows

    def _log(self, request: HttpRequest, added: list[Paper]) -> None:
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            Paper.objects.filter(pk__in=[paper.pk for paper in added]),
            ADDITION,
            change_message="Added from a pasted list.",
        )

    def _fill_in(self, rows: list[Row]) -> None:
        from ingest.admin_adding import fill_in

        lacking = next(
            (
                row.draft
                for row in rows
                if row.draft.paper
                and row.is_ticked
                and not row.draft.record
                and row.standing.paper is None
            ),
            None,
        )
        if lacking and lacking.paper:
            fill_in(lacking, lacking.paper)


def _row(draft: Draft, standing: Standing, labels: dict[int, str]) -> Row:
    suggested = [
        (labels[one["topic"]], one["confidence"])
        for one in draft.suggested
        if one["topic"] in labels
    ]
    return Row(
        draft,
        standing,
        topic=suggested[0][0] if suggested and suggested[0][1] >= UNLIKELY else "",
        is_ticked=standing.is_sure,
        suggested=suggested,
        reasons="; ".join(draft.suggested[0]["reasons"]) if draft.suggested else "",
    )


def _counts(rows: list[Row]) -> list[tuple[str, int]]:
    """How many lines there are of each kind, those to be added first."""
    ordered = sorted(rows, key=lambda row: _ORDER.index(row.standing.what))
    return list(Counter(row.words for row in ordered).items())


def _papers(number: int) -> str:
    return f"{number} paper" if number == 1 else f"{number} papers"
