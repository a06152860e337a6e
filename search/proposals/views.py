"""The pages on which readers propose, and on which they see what became of it."""

from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog import curation
from catalog.differences import difference
from catalog.folding import fold
from catalog.keys import asked_row
from catalog.models import Catalogue, Paper, Proposal, Topic
from catalog.proposed import LABELS, in_order, present_topics
from search.asked_papers import survivors
from search.proposals.forms import FactsForm, FixPaperForm, FixTopicForm, ReaderForm, SuggestForm
from search.proposals.guard import NotTaken, count_try, new_stamp, read_stamp
from search.proposals.sending import (
    known_before,
    place,
    same_waiting,
    suggestion,
    take,
)

_FORMS = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@_FORMS
def suggest(request: HttpRequest) -> HttpResponse:
    """A paper that is missing."""
    topics = topic_options()
    if request.method != "POST":
        _, topic = place(request.GET.get("catalogue", ""), request.GET.get("topic", ""))
        initial = {"what": request.GET.get("what", "").replace("\x00", "")[:1000], "topic": topic.pk if topic else ""}  # fmt: skip
        return _suggest_page(request, SuggestForm(initial=initial, topics=topics))
    form = SuggestForm(request.POST, topics=topics)
    try:
        count_try(request)
        if not form.is_valid():
            return _suggest_page(request, form, status=400)
        data = form.cleaned_data
        name = read_stamp(data["stamp"])
        topic = Topic.objects.current().select_related("catalogue").filter(pk=data["topic"] or 0).first()  # fmt: skip
        catalogue = topic.catalogue if topic else Catalogue.objects.order_by("pk").first()
        sent = Proposal.objects.filter(form=name).first()
        if sent:
            return redirect(sent)
        if before := known_before(form.name(), data["what"], catalogue):
            return _suggest_page(request, form, before=before)
        proposal = suggestion(data["what"], form.name(), catalogue, topic)
        return _taken(request, form, proposal, name)
    except NotTaken as refusal:
        return _suggest_page(request, form, refusal=str(refusal), status=refusal.status)


def _suggest_page(
    request: HttpRequest, form: SuggestForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"form": form, **_stamped(form), **more}
    return render(request, "search/suggest.html", context, status=status)


@never_cache
@_FORMS
def fix_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """What is wrong with a paper."""
    paper = next(iter(survivors([pk]).values()), None)
    if paper is None:
        return render(request, "404.html", status=404)
    if paper.pk != pk:
        return redirect("fix-paper", pk=paper.pk)
    paper = Paper.objects.select_related("venue").get(pk=pk)
    sent = request.POST if request.method == "POST" else None
    form = FixPaperForm(sent, paper=paper, topics=topic_options("another topic"))
    context = {"paper": paper, "present_topics": present_topics(paper)}
    proposal = Proposal(kind=Proposal.Kind.FIX, paper=paper, catalogue=_catalogue_of(paper))
    return _fix(request, form, proposal, "search/fix_paper.html", context)


@never_cache
@_FORMS
def fix_topic(request: HttpRequest, pk: int) -> HttpResponse:
    """What is wrong with a topic."""
    topic = get_object_or_404(Topic.objects.current().select_related("catalogue"), pk=pk)
    form = FixTopicForm(request.POST if request.method == "POST" else None, topic=topic)
    proposal = Proposal(kind=Proposal.Kind.TOPIC, topic=topic, catalogue=topic.catalogue)
    return _fix(request, form, proposal, "search/fix_topic.html", {"topic": topic})


def _fix(
    request: HttpRequest,
    form: FactsForm,
    proposal: Proposal,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    def page(status: int = 200, refusal: str = "") -> HttpResponse:
        shown = context | {"form": form, "refusal": refusal, **_stamped(form)}
        return render(request, template, shown | {"seen": form.initial["seen"]}, status=status)

    if request.method != "POST":
        return page()
    try:
        count_try(request)
        if not form.is_valid():
            return page(400)
        name = read_stamp(form.cleaned_data["stamp"])
        if sent := Proposal.objects.filter(form=name).first():
            return redirect(sent)
        if form.has_changed_meanwhile:
            return page(409, "This was changed while you wrote. Look at what stands below, which is what you wrote, and send it once more.")  # fmt: skip
        proposal.before, proposal.after = form.changes()
        if not proposal.after and not form.cleaned_data["note"]:
            return page(400, "Nothing was changed yet: correct what is wrong, or say it in words.")
        if not proposal.after:
            proposal.after = {"other": form.cleaned_data["note"]}
        if same_waiting(proposal):
            return page(200, "The same was proposed already; the curators decide on it.")
        return _taken(request, form, proposal, name)
    except NotTaken as refusal:
        return page(refusal.status, str(refusal))


def _taken(request: HttpRequest, form: ReaderForm, proposal: Proposal, name: str) -> HttpResponse:
    data = form.cleaned_data
    proposal.note, proposal.credit = data["note"], data["credit"]
    proposal.seen_at = data.get("seen_at", "")
    return redirect(take(request, proposal, name))


def _stamped(form: ReaderForm) -> dict[str, str]:
    """The stamp that the page's form bears: the one that was sent, as long as it is good, so that nobody waits twice."""
    sent = form.data.get("stamp", "") if form.is_bound else ""
    try:
        read_stamp(sent)
    except NotTaken as error:
        is_quick = "quick" in str(error)
        return {"stamp": sent if is_quick else new_stamp()}
    return {"stamp": sent}


def _catalogue_of(paper: Paper) -> Catalogue | None:
    row = paper.placements.filter(retired_at=None).select_related("topic__catalogue").order_by("-is_primary", "pk").first()  # fmt: skip
    return row.topic.catalogue if row else None


@never_cache
@_FORMS
def proposal(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a proposal, for whoever has its address; it can be withdrawn while nobody has decided."""
    row = get_object_or_404(
        Proposal.objects.select_related("paper__merged_into", "topic__catalogue"),
        token=token.replace("\x00", "")[:64],
    )
    refusal = ""
    if request.method == "POST" and "withdraw" in request.POST:
        try:
            curation.withdraw_proposal(row)
        except curation.Refused as error:
            refusal = str(error)
        else:
            return redirect(row)
    context = {
        "proposal": row,
        "refusal": refusal,
        "changes": changes_of(row),
        "subject": (row.paper and (row.paper.merged_into or row.paper)) or row.topic,
        "address": request.build_absolute_uri(row.get_absolute_url()),
    }
    response = render(request, "search/proposal.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address is the sender's alone
    return response


def changes_of(row: Proposal) -> list[dict[str, Any]]:
    """The fields of a correction with what differs, and whether each was taken."""
    if row.kind == Proposal.Kind.PAPER:
        return []
    return [
        {
            "label": LABELS.get(name, name),
            "pieces": difference(str(row.before.get(name, "")), value_in_words(name, value)),
            "is_taken": name in row.taken,
        }
        for name, value in in_order(row.after)
    ]


def value_in_words(name: str, value: str) -> str:
    """A field's value as people read it: topics and papers by their names."""
    if name == "topic":
        key = value.removeprefix("=")
        topic = asked_row(Topic.objects.select_related("parent"), key)
        words = topic.label if topic else "a topic that is here no more"
        return f"{words}, instead of where it is" if value.startswith("=") else words
    if name == "same_as":
        paper = asked_row(Paper.objects.all(), value)
        return paper.title if paper else "a paper that is here no more"
    return value


@require_safe
def contributors(request: HttpRequest) -> HttpResponse:
    """Who has sent what was taken, by the names they gave."""
    rows = (
        Proposal.objects.credited()
        .values_list("credit")
        .annotate(latest=Max("decided_at"))
        .order_by("-latest")
    )
    people: dict[str, dict[str, Any]] = {}
    for credit, latest in rows:
        person = people.setdefault(fold(credit), {"name": credit, "latest": latest, "papers": []})
        person["latest"] = max(person["latest"], latest) if latest else person["latest"]
    for row in Proposal.objects.credited().select_related("paper__merged_into", "topic__catalogue").order_by("-decided_at"):  # fmt: skip
        subject = (row.paper and (row.paper.merged_into or row.paper)) or row.topic
        papers = people[fold(row.credit)]["papers"]
        if subject and subject not in [one for one, _ in papers]:
            papers.append(
                (subject, "suggested" if row.kind == Proposal.Kind.PAPER else "corrected")
            )
    context = {"people": sorted(people.values(), key=lambda one: fold(one["name"]))}
    return render(request, "search/contributors.html", context)


def topic_options(empty: str = "I do not know") -> list[Any]:
    """The topics of all catalogues, as a select shows them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    rows = Topic.objects.current().select_related("catalogue", "parent")
    for topic in rows.order_by("catalogue", "path"):
        groups.setdefault(str(topic.catalogue), []).append((str(topic.pk), topic.label))
    if len(groups) == 1:
        return [("", empty), *next(iter(groups.values()))]
    return [("", empty), *groups.items()]
