"""Adding a paper in the admin: a box for whatever names it, a form filled in from sources, one save."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from catalog import curation
from catalog.admin.base import change_url
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.identifiers import parse_identifier
from catalog.keys import asked_row
from catalog.models import Paper, Proposal, Topic, Venue
from catalog.roles import catalogues_of, may_edit
from ingest.adding import lookup
from ingest.adding.facts import said_by
from ingest.adding.forms import DraftForm, PasteForm, bare_id, topics_of
from ingest.adding.reading import MOST, drafts_of, read_pasted
from ingest.adding.saving import list_known, save_draft
from ingest.adding.standing import KNOWN, UNLISTED, standings
from ingest.adding.suggesting import suggest_again
from ingest.models import Draft, Paste

_SHOWN = 10  # pastes that are not done


class AddViews:
    """The pages of adding, for those who may add papers."""

    def __init__(self, model_admin: "ModelAdmin[Paper]") -> None:
        self.admin = model_admin

    def urls(self) -> list[URLPattern]:
        from ingest.admin_pastes import PasteViews

        pastes = PasteViews(self)

        def at(route: str, view: Any, name: str) -> URLPattern:
            def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                self.check(request)
                response: HttpResponse = view(request, **kwargs)
                return response

            full: URLPattern = path(
                route, self.admin.admin_site.admin_view(answer), name=f"catalog_paper_{name}"
            )
            return full

        return [
            at("add/", self.box, "add"),
            at("add/draft/<int:pk>/", self.draft, "draft"),
            at("add/draft/<int:pk>/topics/", require_safe(self.topics), "draft_topics"),
            at("add/pasted/<int:pk>/", pastes.table, "paste"),
            at("add/pasted/<int:pk>/progress/", require_safe(pastes.progress), "paste_progress"),
        ]

    def check(self, request: HttpRequest) -> None:
        if not self.admin.has_add_permission(request):
            raise PermissionDenied

    # The box

    def box(self, request: HttpRequest) -> HttpResponse:
        """Take what is to be added. `?what=` fills the box; only a POST has sources asked."""
        if "_popup" in request.GET:  # beside another form there is no room for more than the fields
            return HttpResponseRedirect(f"{self.url('add_by_hand')}?{request.GET.urlencode()}")
        if request.method == "POST":
            form = PasteForm(request.POST, user=request.user)
            if form.is_valid():
                return self._take(request, form)
        else:
            chosen = catalogues_of(request.user).filter(slug=request.GET.get("catalogue", "")[:60].replace("\x00", ""))  # fmt: skip
            initial = {"what": request.GET.get("what", "")[:2000], "catalogue": chosen.first() or catalogues_of(request.user).first()}  # fmt: skip
            form = PasteForm(initial=initial, user=request.user)
        own = Paste.objects.filter(user=_user_id(request)).exclude(drafts=None)
        waiting = own.filter(drafts__state__in=[Draft.State.WAITING, Draft.State.READY]).distinct()
        context = {
            "form": form,
            "title": "Add a paper",
            "pastes": [_summary(paste) for paste in waiting[:_SHOWN]],
        }
        return framed(self.admin, request, "admin/ingest/add_box.html", context)

    def _take(self, request: HttpRequest, form: PasteForm) -> HttpResponse:
        read = read_pasted(_each_on_a_line(form.cleaned_data["what"]))
        if not read.entries:
            said = [fault.message for fault in read.faults] or ["Nothing in it could be read."]
            form.add_error("what", " ".join(said[:3]))
            context = {"form": form, "title": "Add a paper", "pastes": []}
            return framed(self.admin, request, "admin/ingest/add_box.html", context)
        faults = [[fault.line, fault.message] for fault in read.faults]
        if len(read.entries) > MOST:
            faults.append([read.entries[MOST].line, f"Only the first {MOST} entries were taken."])
        proposal = self._proposal(request)
        catalogue = form.cleaned_data["catalogue"] or catalogues_of(request.user).first()
        with transaction.atomic():
            Paste.objects.forget_old()
            paste = Paste.objects.create(
                user_id=_user_id(request), catalogue=catalogue, form=read.form, faults=faults
            )
            drafts = drafts_of(read.entries[:MOST])
            for draft in drafts:
                draft.paste, draft.proposal = paste, proposal if len(drafts) == 1 else None
            Draft.objects.bulk_create(drafts)
        return self._begin(request, paste, list(paste.drafts.select_related("paste__catalogue")))

    def _begin(self, request: HttpRequest, paste: Paste, drafts: list[Draft]) -> HttpResponse:
        """One entry is looked up at once; of several what takes a moment is, and a job does the rest."""
        if len(drafts) == 1:
            draft = drafts[0]
            lookup.look_up_one(draft)
            return HttpResponseRedirect(self.url("draft", draft.pk))
        if not send(paste):
            text = (
                "The jobs cannot be reached just now: what is not known yet waits. Ask again below."
            )
            self.admin.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(self.url("paste", paste.pk))

    def _proposal(self, request: HttpRequest) -> Proposal | None:
        """The reader's word that this answers, if it is one that the curator may decide on."""
        rows = Proposal.objects.open().filter(kind=Proposal.Kind.PAPER)
        proposal = asked_row(rows, request.POST.get("proposal", ""))
        may = request.user.has_perm("catalog.change_proposal")
        return proposal if proposal and may and may_edit(request.user, proposal.catalogue) else None

    # One paper

    def draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what was found, and add the paper with what its curator left of it."""
        draft = self.own_draft(request, pk)
        if draft.state == Draft.State.SAVED:
            return HttpResponseRedirect(change_url(draft.paper) if draft.paper else self.url("add"))
        if request.method == "POST":
            return self._act(request, draft)
        is_settled = suggest_again(draft)
        form = DraftForm(draft=draft, topics=topics_of(request.user))
        return self.show(request, draft, form, is_settled=is_settled)

    def topics(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the form with the topics, once they are suggested by meaning; nothing while the model is loading."""
        draft = self.own_draft(request, pk)
        if draft.state == Draft.State.SAVED or not suggest_again(draft):
            return HttpResponse(status=204)
        form = DraftForm(draft=draft, topics=topics_of(request.user))
        return framed(
            self.admin, request, "admin/ingest/_draft_topics.html", {"form": form, "draft": draft}
        )

    def _act(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        # What asks sources holds no transaction meanwhile.
        asking = {"_again": self._again, "_choose": self._choose, "_another": self._another}
        writing = {
            "_list": self._list,
            "_accept": self._accept,
            "_tell": self._tell,
            "_discard": self._discard,
        }
        for name, act in asking.items():
            if name in request.POST:
                return act(request, draft)
        act = next((act for name, act in writing.items() if name in request.POST), self._save)
        return in_words(request, partial(act, request, draft))

    def own_draft(self, request: HttpRequest, pk: int) -> Draft:
        rows = Draft.objects.select_related("paste__catalogue", "proposal", "paper")
        return get_object_or_404(rows, pk=pk, paste__user=_user_id(request))

    def show(
        self,
        request: HttpRequest,
        draft: Draft,
        form: DraftForm,
        refusal: str = "",
        *,
        is_settled: bool = True,
    ) -> HttpResponse:
        standing = standings([draft], draft.paste.catalogue)[draft.pk]
        context = {
            "draft": draft,
            "form": form,
            "standing": standing,
            "is_known": standing.what in {KNOWN, UNLISTED},
            "refusal": refusal,
            "rows": _rows(form),
            "code": draft.facts.get("repositories", {}).get("value", []),
            "is_settled": is_settled,
            "first": form.suggested[0] if form.suggested and not form.fits_none else None,
            "is_bare": not draft.facts.get("title") and bool(bare_id(draft)),
            "topics": topics_of(request.user),
            "venues": Venue.objects.values_list("name", flat=True),
            "title": "Add a paper",
            "several": draft.paste.drafts.count() > 1,
            "may_list": request.user.has_perm("catalog.change_paper"),
        }
        return framed(self.admin, request, "admin/ingest/add_paper.html", context)

    def _save(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        form = DraftForm(request.POST, draft=draft, topics=topics_of(request.user))
        if not form.is_valid():
            return self.show(request, draft, form)
        try:
            paper = save_draft(draft, form, request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            return self.show(request, draft, form, refusal=str(error))
        return self._added(request, draft, paper, "Added")

    def _added(self, request: HttpRequest, draft: Draft, paper: Paper, verb: str) -> HttpResponse:
        note(request, draft, "added a paper")
        self.admin.log_addition(request, paper, f"{verb}: {draft.shown}")
        self.admin.message_user(request, f"{verb}: “{paper}”.", messages.SUCCESS)
        fill_in(draft, paper)
        if draft.paste.drafts.count() > 1:
            return HttpResponseRedirect(self.url("paste", draft.paste_id))
        return HttpResponseRedirect(change_url(paper))

    def _again(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        draft.notes, draft.choices = [], []
        lookup.look_up_one(draft)
        return HttpResponseRedirect(self.url("draft", draft.pk))

    def _another(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        """The paper here bears the same title or code, and is another."""
        draft.asked = {**draft.asked, "is_another": True}
        draft.save(update_fields=["asked"])
        return self._again(request, draft)

    def _choose(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        number = request.POST["_choose"]
        if number in map(str, range(len(draft.choices))):
            lookup.choose(draft, int(number))
        return HttpResponseRedirect(self.url("draft", draft.pk))

    def _list(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        """List a paper that is known, and not listed here."""
        standing = standings([draft], draft.paste.catalogue)[draft.pk]
        topic = chosen_topic(request, request.POST.get("list_under", ""))
        if not request.user.has_perm("catalog.change_paper"):
            raise PermissionDenied
        if standing.paper is None or topic is None:
            self.admin.message_user(request, "Choose a topic.", messages.ERROR)
            return HttpResponseRedirect(self.url("draft", draft.pk))
        try:
            paper = list_known(draft, standing.paper, [topic], request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            self.admin.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.url("draft", draft.pk))
        return self._added(request, draft, paper, "Listed")

    def _tell(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        """Let the reader who suggested it know that it is here."""
        standing = standings([draft], draft.paste.catalogue)[draft.pk]
        if not request.user.has_perm("catalog.change_proposal"):
            raise PermissionDenied
        if draft.proposal and standing.paper and draft.proposal.is_open:
            answer = "It is listed here already."
            try:
                curation.reject_proposal(draft.proposal, request.user, answer, standing.paper)  # type: ignore[arg-type]  # staff only
            except curation.Refused as error:  # decided meanwhile
                self.admin.message_user(request, str(error), messages.WARNING)
            else:
                self.admin.message_user(request, "The sender is told.", messages.SUCCESS)
        draft.delete()
        return HttpResponseRedirect(reverse("admin:catalog_proposal_changelist"))

    def _accept(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        """Accept the candidate that waits for this paper, under the topic chosen."""
        standing = standings([draft], draft.paste.catalogue)[draft.pk]
        candidate, topic = standing.candidate, chosen_topic(request, request.POST.get("topic", ""))
        if candidate is None or not request.user.has_perm("catalog.change_candidate"):
            raise PermissionDenied
        if not may_edit(request.user, candidate.catalogue):
            raise PermissionDenied
        try:
            paper = curation.accept_candidate(candidate, request.user, topic)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            self.admin.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.url("draft", draft.pk))
        draft.paper, draft.state = paper, Draft.State.SAVED
        draft.save(update_fields=["paper", "state"])
        return self._added(request, draft, paper, "Accepted")

    def _discard(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        paste = draft.paste
        draft.delete()
        if paste.drafts.exists():
            return HttpResponseRedirect(self.url("paste", paste.pk))
        paste.delete()
        return HttpResponseRedirect(self.url("add"))

    # What both kinds of page use

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:catalog_paper_{name}", args=args)


def send(paste: Paste) -> bool:
    """Have a job look up what waits; a queue that is away is no error, the page offers to try again."""
    from kombu.exceptions import OperationalError

    from ingest.tasks import look_up_paste

    try:
        look_up_paste.delay(paste.pk)
    except OperationalError:
        return False
    return True


def fill_in(draft: Draft, paper: Paper) -> None:
    """Of a paper that was saved before arXiv had answered, ask arXiv soon."""
    from catalog.models.upkeep import RunJob
    from ingest.jobs import start_scheduled

    if bare_id(draft) and not draft.record:
        start_scheduled(RunJob.ARXIV, f"“{paper}” was added by hand"[:200])


def note(request: HttpRequest, draft: Draft, act: str) -> None:
    proposal = draft.proposal
    by = f", suggested by {proposal.credit}" if proposal and proposal.credit else ""
    curation.note_act(f"{act}{by}")


def chosen_topic(request: HttpRequest, key: str) -> Topic | None:
    """A current topic of the user's catalogues by its number, as a form sends it."""
    rows = Topic.objects.current().filter(catalogue__in=catalogues_of(request.user))
    return asked_row(rows, key)


def _user_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _summary(paste: Paste) -> dict[str, Any]:
    drafts = list(paste.drafts.all())
    left = [draft for draft in drafts if draft.state != Draft.State.SAVED]
    alone = left[0].pk if len(drafts) == 1 else None
    return {"paste": paste, "left": len(left), "first": left[0].shown, "alone": alone}


def _rows(form: DraftForm) -> list[dict[str, Any]]:
    """The fields below the topics, each with who says its value."""
    facts = form.draft.facts
    names = {"published": "published_on"}
    rows = []
    for name in ("title", "authors", "abstract", "published", "venue", "year", "distinction", "identifiers", "repositories", "links"):  # fmt: skip
        said = facts.get(names.get(name, name), {})
        words = said_by(said) if said.get("source") else ""
        if name == "identifiers":
            words = ", ".join(dict.fromkeys(said_by(row) for row in said.get("value", []) if row["source"] != "curator"))  # fmt: skip
        rows.append({"field": form[name], "said": words})
    return rows


def _each_on_a_line(text: str) -> str:
    """Several identifiers or addresses on one line, and nothing else, are several papers."""
    words = text.split()
    if len(words) > 1 and "\n" not in text.strip() and all(map(parse_identifier, words)):
        return "\n".join(words)
    return text
