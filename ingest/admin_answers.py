"""What the form of a plan says: which changes are ticked, what becomes of those not shown, and the choice in each conflict."""

from dataclasses import dataclass, field
from hashlib import sha256

from django.http import QueryDict

from ingest.lists.changes import Change, Kind, changes_of
from ingest.lists.conflicts import Conflict
from ingest.lists.plan import Plan
from ingest.lists.resolving import Choice, Verdict
from ingest.lists.service import Acceptance, declined_before


def slug_of(kind: Kind) -> str:
    return kind.name.lower().replace("_", "-")


def field_of(conflict: Conflict) -> str:
    """The name of a conflict's fields in the form."""
    return sha256(conflict.key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Answers:
    """A form as it was sent, so that a page that is shown again has it as it was. Before any was, all is as proposed."""

    ticked: frozenset[str] = frozenset()  # tokens of changes
    shown: frozenset[str] = frozenset()  # tokens that had a box
    cut: frozenset[str] = frozenset()  # groups that were not shown to their end
    rest: frozenset[str] = frozenset()  # those of them of which the rest is taken, too
    choices: dict[str, Choice] = field(default_factory=dict)  # by the conflict's name in the form
    never: bool = False
    force: bool = False
    why: str = ""

    @classmethod
    def read(cls, posted: QueryDict) -> "Answers":
        def names(name: str) -> frozenset[str]:
            return frozenset(word for text in posted.getlist(name) for word in text.split())

        choices = {}
        for name, verdict in posted.items():
            if name.startswith("verdict-") and verdict in set(Verdict):
                own = name.removeprefix("verdict-")
                text = str(posted.get(f"text-{own}", "")).replace("\x00", "")
                choices[own] = Choice(Verdict(str(verdict)), text)
        return cls(
            names("take"),
            names("shown"),
            names("cut"),
            names("rest"),
            choices,
            never=posted.get("left") == "never",
            force="force" in posted,
            why=str(posted.get("why", "")).replace("\x00", "").strip(),
        )

    def takes(self, change: Change, *, proposed: bool) -> bool:
        """Whether a change is taken; one that the form did not have yet is as it is `proposed`."""
        if change.token in self.ticked:
            return True
        if change.token in self.shown:
            return False
        slug = slug_of(change.kind)
        return slug in self.rest if proposed and slug in self.cut else proposed

    def takes_rest(self, slug: str) -> bool:
        return slug in self.rest or slug not in self.cut

    def acceptance(self, plan: Plan) -> Acceptance:
        """What is accepted of the plan that the form showed."""
        before = declined_before(plan)
        taken = {
            change.key
            for change in changes_of(plan)
            if change.token in self.ticked
            or (
                slug_of(change.kind) in self.rest
                and change.token not in self.shown
                and change.fingerprint not in before
            )
        }
        named = {field_of(conflict): conflict for conflict in plan.conflicts}
        choices = {
            named[name].key: choice for name, choice in self.choices.items() if name in named
        }
        return Acceptance(taken, choices, decline=self.never)
