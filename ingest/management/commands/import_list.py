"""Import a reading list in Markdown into a catalogue."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug

from catalog.models import Catalogue
from ingest.lists.plan import Plan
from ingest.lists.records import ListRefused
from ingest.lists.service import Outcome, import_list, leave_for_curators, plan_list
from ingest.lists.sources import fetch, is_address, read_file


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", metavar="PATH_OR_URL", help="A Markdown file, or its address."
        )
        parser.add_argument(
            "--catalogue", required=True, help="Slug of the catalogue, made when it is new."
        )
        parser.add_argument("--title", default="", help="Title of a new catalogue.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Show the plan and change nothing."
        )
        parser.add_argument(
            "--force", action="store_true", help="Apply a plan that drops more than a tenth."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["catalogue"]
        try:
            validate_slug(slug)
            outcome = self._run(slug, options)
        except ValidationError as error:
            raise CommandError(f"“{slug}” is no slug: use letters, digits and hyphens.") from error
        except ListRefused as error:
            if options["json"]:
                refused = {"catalogue": slug, "status": "refused", "message": str(error)}
                self.stdout.write(json.dumps(refused, ensure_ascii=False))
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False, indent=2))
        else:
            self._print(outcome)
        if outcome.status == "refused":
            raise CommandError(outcome.message)

    def _run(self, slug: str, options: dict[str, Any]) -> Outcome:
        source = options["source"]
        address = is_address(source)
        data = fetch(source, trusted_host=True) if address else read_file(source)
        if options["dry_run"]:
            plan = plan_list(data, slug)
            return Outcome(plan, "planned", "" if options["force"] else plan.refusal)
        outcome = import_list(data, slug, force=options["force"], reason="manage.py import_list")
        if outcome.open_conflicts:
            leave_for_curators(outcome, source, data)
        self._complete(outcome, options["title"])
        return outcome

    def _complete(self, outcome: Outcome, title: str) -> None:
        """A new catalogue takes the title asked for."""
        if title and outcome.plan.catalogue is None and outcome.run and outcome.run.catalogue_id:
            Catalogue.objects.filter(pk=outcome.run.catalogue_id).update(title=title)

    def _print(self, outcome: Outcome) -> None:
        plan = outcome.plan
        counts = plan.counts()
        self.stdout.write(
            f"{counts['entries']} entries on {counts['papers']} papers in {counts['topics']} topics, "
            f"{counts['announcements']} announcements, {counts['repositories']} repositories, "
            f"{counts['links']} links; {counts['repaired_lines']} lines repaired."
        )
        for line in describe(plan, outcome):
            self.stdout.write(line)
        if outcome.status == "planned":
            self.stdout.write(f"Nothing was changed (--dry-run). {outcome.message}".rstrip())
        elif outcome.status == "applied":
            self.stdout.write("Applied." if plan else "Nothing to change.")


def describe(plan: Plan, outcome: Outcome) -> list[str]:
    """The plan in lines for a terminal: what is new, changed, moved and gone, then the problems."""
    lines = [
        f"{len(plan.new)} new, {len(plan.changed)} changed, {len(plan.moved)} moved, {len(plan.gone)} gone."
    ]
    lines += [
        f"  changed: {p.facts.title} ({', '.join(p.changed_parts)})" for p in plan.changed[:20]
    ]
    lines += [f"  gone: {gone.paper.title}" for gone in plan.gone[:20]]
    conflicts = plan.conflicts
    if conflicts and (outcome.open_conflicts or outcome.status == "planned"):
        lines.append(f"{len(conflicts)} conflicts wait for a curator, in the admin.")
    if outcome.left:
        lines.append(f"{outcome.left} changes were declined before.")
    lines += [f"  line {p.line}, {p.kind}: {p.message}" for p in plan.problems]
    return lines
