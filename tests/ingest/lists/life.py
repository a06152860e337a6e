"""A made-up list and what its maintainers do to it, revision by revision, as one such list's history shows.

`ListLife` knows what the list means (works, sections, who stands where) beside how it is written, so that a test can
tell whether the catalogue says the same.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

TopicPath = tuple[str, ...]
_FIRST = [
    "Ann",
    "Bo",
    "Cy",
    "Dana",
    "Eli",
    "Fay",
    "Gus",
    "Hua",
    "Ida",
    "Jun",
    "Kai",
    "Lea",
    "Mei",
    "Ned",
    "Oya",
    "Pia",
    "Qi",
    "Rao",
    "Sia",
    "Tim",
    "Uma",
    "Vik",
    "Wen",
    "Xia",
    "Yan",
    "Zoe",
]
_LAST = [
    "Lee",
    "Ng",
    "Roy",
    "Sato",
    "Diaz",
    "Okoro",
    "Petrov",
    "Müller",
    "Haddad",
    "Novák",
    "Larsen",
    "Chen",
    "Ivanova",
    "Silva",
    "Kaya",
    "Moreau",
    "Weiß",
    "Park",
]
_ADJECTIVES = [
    "Sparse",
    "Linear",
    "Gated",
    "Recurrent",
    "Hierarchical",
    "Lazy",
    "Elastic",
    "Frozen",
    "Causal",
    "Rotary",
    "Local",
    "Global",
    "Shared",
    "Deep",
]
_NOUNS = [
    "Attention",
    "Memory",
    "Caches",
    "Windows",
    "Encoders",
    "Retrieval",
    "Prompts",
    "Tokens",
    "Layers",
    "Budgets",
    "Kernels",
    "States",
    "Documents",
]
_VERBS = [
    "Scaling",
    "Pruning",
    "Folding",
    "Reading",
    "Revisiting",
    "Compressing",
    "Streaming",
    "Routing",
    "Extending",
    "Probing",
    "Merging",
]
_PLACES = [
    "Long Inputs",
    "Books and Code",
    "Many Turns",
    "Short Devices",
    "Whole Films",
    "Old Archives",
    "Noisy Speech",
    "Legal Texts",
]
_VENUES = ["ICLR", "ICML", "NeurIPS", "ACL", "EMNLP", "NAACL", "MLSys", "COLM"]
_DISTINCTIONS = ["", "", "Oral", "Spotlight", "Best Paper Award"]


@dataclass
class Work:
    """A paper as the list means it."""

    key: int
    title: str
    arxiv: str
    authors: list[str]
    venue: str = "arXiv"
    year: int = 2024
    distinction: str = ""
    code: str = ""
    badge: str = ""  # another repository whose stars the badge shows
    homepage: str = ""

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclass
class Section:
    key: int
    name: str
    entries: list[int] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)


@dataclass
class Style:
    """How the list is written; none of it changes what it says."""

    emphasis: str = "*"
    strong: str = "**"
    base: int = 2
    numbering: str = "right"  # of entries: right, ones, wrong, bullets
    heading_dot: bool = True
    stale_numbers: bool = False  # subsections still bear their parent's former number
    emoji: bool = False
    full_stop: bool = True
    badges: str = "below"  # below, behind, table
    newline: str = "\n"
    bom: bool = False
    links: str = "abs"
    contents: bool = True
    news: str = "headings"  # or details
    tabs: bool = False
    html: bool = False


class ListLife:
    """A list under the hands of its maintainers. Each `step` makes one revision and names what was done."""

    def __init__(self, seed: int, works: int = 24) -> None:
        self.random = random.Random(seed)
        self.style = Style()
        self.works: dict[int, Work] = {}
        self.sections: list[Section] = []
        self.week: list[tuple[date, list[int]]] = []
        self.month: list[tuple[date, list[int]]] = []
        self.today = date(2024, 3, 4)
        self._numbers = iter(range(1, 100_000))
        self._titles: set[str] = set()
        for name in ("Surveys", "Efficient Attention", "Memory", "Evaluation"):
            self.sections.append(Section(next(self._numbers), name))
        for name in ("Sparse Attention", "Linear Attention"):
            self.sections[1].children.append(Section(next(self._numbers), name))
        for _ in range(works):
            self.add_entry()

    # What it says

    def walk(self) -> Iterator[tuple[TopicPath, Section]]:
        def down(sections: list[Section], above: TopicPath) -> Iterator[tuple[TopicPath, Section]]:
            for section in sections:
                path = (*above, section.name)
                yield path, section
                yield from down(section.children, path)

        return down(self.sections, ())

    def placed(self) -> dict[TopicPath, list[int]]:
        """The works of each section in order, each once."""
        return {path: list(dict.fromkeys(section.entries)) for path, section in self.walk()}

    def listed(self) -> set[int]:
        return {key for _, section in self.walk() for key in section.entries}

    def announced(self) -> list[tuple[date, int]]:
        return [(day, key) for day, keys in [*self.week, *self.month] for key in keys]

    # What it looks like

    def markdown(self) -> str:
        lines = [
            "# A Reading List on Long Texts",
            "",
            "Papers that we read. 🔥 **Must read** first.",
            "",
        ]
        if self.style.contents:
            lines += ["## Contents", ""]
            lines += [
                f"{'  ' * (len(path) - 1)}* [{path[-1]}](#{path[-1]})" for path, _ in self.walk()
            ]
        lines += ["", *self._news()]
        number: list[int] = []
        for path, section in self.walk():
            depth = len(path)
            number = [*number[:depth], *[0] * (depth - len(number))]
            number[depth - 1] += 1
            shown = list(number)
            if depth > 1 and self.style.stale_numbers and number[0] > 1:
                shown[0] -= 1
            label = ".".join(map(str, shown)) + (
                "." if depth == 1 and self.style.heading_dot else ""
            )
            emoji = "🔥 " if self.style.emoji else ""
            level = "#" * min(6, self.style.base + depth - 1)
            lines += ["", f"{level} {label} {emoji}{section.name}", ""]
            for position, key in enumerate(section.entries, 1):
                lines += self._entry(position, self.works[key])
        lines += [
            "",
            "## Acknowledgements",
            "",
            "- Thanks to [everybody](https://example.org/people).",
        ]
        return "\n".join(lines) + "\n"

    def data(self) -> bytes:
        text = self.markdown().replace("\n", self.style.newline)
        return (b"\xef\xbb\xbf" if self.style.bom else b"") + text.encode()

    def _news(self) -> list[str]:
        lines = ["# 📢 News", ""]
        for name, days in (("Week Papers", self.week), ("Month Papers", self.month)):
            lines += [f"## {name}", ""]
            if self.style.news == "details" and name.startswith("Month"):
                lines += ["<details><summary>Month Papers</summary>", ""]
            for day, keys in days:
                lines.append(f"- **[{day:%Y.%m.%d}]**")
                lines += [
                    f"    - Paper: [{self.works[key].title}]({self.works[key].url})" for key in keys
                ]
                lines.append("")
            if self.style.news == "details" and name.startswith("Month"):
                lines += [" </details>", ""]
        return [*lines, "# 📜 Papers", ""]

    def _entry(self, position: int, work: Work) -> list[str]:
        style = self.style
        mark = {
            "right": f"{position}.",
            "ones": "1.",
            "wrong": f"{position * 7 % 13 + 1}.",
            "bullets": "-",
        }[style.numbering]
        url = work.url.replace("/abs/", f"/{style.links}/")
        stop = "." if style.full_stop else ""
        where = " ".join(filter(None, [work.venue, str(work.year), work.distinction]))
        gap = "\t" if style.tabs else " "
        names = (
            f"{style.emphasis}{', '.join(work.authors)}.{style.emphasis}" if style.emphasis else ""
        )
        line = (
            f"{mark}{gap}[{style.strong}{work.title}{stop}{style.strong}]({url}) {names} {where}."
        )
        badges = self._badges(work)
        if not badges:
            return [line, ""]
        if style.badges == "behind":
            return [f"{line} {' '.join(badges)}", ""]
        if style.badges == "table":
            cells = "".join(f"| {badge} " for badge in badges)
            return [line, "", f"   {cells}|", f"   {'|---' * len(badges)}|", ""]
        return [line, "", f"&nbsp;&nbsp;&nbsp; {' '.join(badges)}", ""]

    def _badges(self, work: Work) -> list[str]:
        badges = []
        stars = "https://img.shields.io/github/stars"
        if work.code and self.style.html:
            image = f'<img src="{stars}/{work.badge or work.code}" alt="GitHub Repo stars">'
            badges.append(f'<a href="https://github.com/{work.code}">{image}</a>')
        elif work.code:
            image = f"![GitHub Repo stars]({stars}/{work.badge or work.code})"
            badges.append(f"[{image}](https://github.com/{work.code})")
        if work.homepage:
            badges.append(
                f"[![Static Badge](https://img.shields.io/badge/Homepage-blue)]({work.homepage})"
            )
        return badges

    def with_conflict_markers(self) -> bytes:
        """Somebody saved the file in the middle of a merge: a stretch stands there twice, between markers."""
        lines = self.markdown().split("\n")
        items = [n for n, line in enumerate(lines) if "arxiv.org" in line and "Paper:" not in line]
        pairs = list(itertools.pairwise(items))
        start, end = self.random.choice(
            [(a, b) for a, b in pairs if not any(line.startswith("#") for line in lines[a:b])]
        )
        ours = lines[start:end]
        block = ["<<<<<<< HEAD", *ours, "=======", *ours, ">>>>>>> 1f2e3d4 (add papers)"]
        return "\n".join([*lines[:start], *block, *lines[end:]]).encode()

    def broken_off(self, share: float) -> bytes:
        """The file as a save left it that was interrupted in the middle of a line."""
        data = self.markdown().encode()
        place = int(len(data) * share)
        line = data.index(b"](https://arxiv.org", place)
        return data[: line + 12]

    # What is done to it

    STEPS = (
        ["add_entry"] * 6 + ["list_twice"] * 2 + ["list_in_another"] * 3 + ["move_entry"] * 4 + ["announce"] * 4
        + ["remove_entry", "remove_entry", "retitle_a_little", "retitle_anew", "correct_the_link", "promote"]
        + ["promote", "rewrite_authors", "add_code", "move_code", "swap_badge", "add_homepage", "rename_section"]
        + ["mend_a_slip_in_a_heading", "swap_names", "move_section", "nest_deeper", "lift_up", "split_section"]
        + ["merge_sections", "add_section", "drop_empty_section", "sort_section", "week_becomes_month"]
        + ["change_style"] * 6 + ["rename_and_fill", "tidy_duplicates"]
    )  # fmt: skip

    def step(self) -> str:
        while True:
            name = self.random.choice(self.STEPS)
            if getattr(self, name)() is not False:
                return name

    def add_entry(self) -> None:
        work = self._new_work()
        self._section().entries.insert(0 if self.random.random() < 0.2 else 1000, work.key)

    def list_twice(self) -> None:
        section = self._filled()
        section.entries.append(self.random.choice(section.entries))

    def list_in_another(self) -> bool | None:
        key = self.random.choice(sorted(self.listed()))
        section = self._section()
        if key in section.entries:
            return False
        section.entries.append(key)
        return None

    def move_entry(self) -> bool | None:
        here, there = self._filled(), self._section()
        if here is there:
            return False
        key = self.random.choice(here.entries)
        here.entries = [other for other in here.entries if other != key]
        if key not in there.entries:
            there.entries.append(key)
        return None

    def remove_entry(self) -> bool | None:
        if len(self.listed()) < 15:
            return False
        key = self.random.choice(sorted(self.listed()))
        for _, section in self.walk():
            section.entries = [other for other in section.entries if other != key]
        return None

    def retitle_a_little(self) -> None:
        work = self._work()
        work.title = self._free(
            f"{work.title.removesuffix(' Again')} Again", work.title.removesuffix(" Again")
        )

    def retitle_anew(self) -> None:
        """The authors gave it another name; the list follows, under the same identifier."""
        self._work().title = self._new_title()

    def correct_the_link(self) -> None:
        self._work().arxiv = self._new_arxiv()

    def promote(self) -> None:
        work = self._work()
        work.venue, work.year = self.random.choice(_VENUES), self.random.choice([2024, 2025])
        work.distinction = self.random.choice(_DISTINCTIONS)

    def rewrite_authors(self) -> None:
        work = self._work()
        work.authors = [*work.authors[:2], self._name()]

    def add_code(self) -> None:
        work = self._work()
        work.code, work.badge = f"lab{work.key}/code-{work.key}", ""

    def move_code(self) -> bool | None:
        work = self._work()
        if not work.code:
            return False
        work.code, work.badge = f"new{work.key}/{next(self._numbers)}", ""
        return None

    def swap_badge(self) -> bool | None:
        work = self._work()
        if not work.code:
            return False
        work.badge = "" if work.badge else f"other{work.key}/wrong"
        return None

    def add_homepage(self) -> None:
        work = self._work()
        work.homepage = f"https://project-{work.key}.example.org/"

    def announce(self) -> None:
        self.today += timedelta(days=self.random.randint(1, 3))
        self.week.insert(0, (self.today, self._some(3)))
        if len(self.week) > 4:
            self.week_becomes_month()

    def week_becomes_month(self) -> bool | None:
        if len(self.week) < 2:
            return False
        self.month = [*self.week[1:], *self.month][:6]
        self.week = self.week[:1]
        return None

    def rename_section(self) -> None:
        self._section().name = self._free_name()

    def rename_and_fill(self) -> None:
        self.rename_section()
        for _ in range(3):
            self.add_entry()

    def mend_a_slip_in_a_heading(self) -> bool | None:
        section = self._section()
        slip = section.name.replace("tt", "t", 1) if "tt" in section.name else f"{section.name}s"
        if slip in self._names():
            return False
        section.name = slip
        return None

    def swap_names(self) -> bool | None:
        one, other = self._filled(), self._filled()
        if one is other or len(set(one.entries)) < 2 or len(set(other.entries)) < 2:
            return False
        one.name, other.name = other.name, one.name
        return None

    def move_section(self) -> bool | None:
        """Its place changes, and with it all numbers behind it."""
        siblings = self._siblings()
        if len(siblings) < 2:
            return False
        section = siblings.pop(self.random.randrange(len(siblings)))
        siblings.insert(self.random.randrange(len(siblings) + 1), section)
        return None

    def nest_deeper(self) -> bool | None:
        if len(self.sections) < 3:
            return False
        section = self.sections.pop(self.random.randrange(len(self.sections)))
        self.random.choice(self.sections).children.append(section)
        return None

    def lift_up(self) -> bool | None:
        parents = [section for _, section in self.walk() if section.children]
        if not parents:
            return False
        parent = self.random.choice(parents)
        self.sections.append(parent.children.pop())
        return None

    def split_section(self) -> bool | None:
        section = self._filled()
        if len(section.entries) < 4:
            return False
        part = Section(next(self._numbers), self._free_name(), section.entries[-2:])
        section.entries = section.entries[:-2]
        self.sections.append(part)
        return None

    def merge_sections(self) -> bool | None:
        if len(list(self.walk())) < 5:
            return False
        siblings = self._siblings()
        if len(siblings) < 2:
            return False
        gone = siblings.pop()
        siblings[0].entries += [key for key in gone.entries if key not in siblings[0].entries]
        siblings[0].children += gone.children
        return None

    def add_section(self) -> None:
        self._siblings().append(Section(next(self._numbers), self._free_name()))

    def drop_empty_section(self) -> bool | None:
        siblings = self._siblings()
        empty = [one for one in siblings if not one.entries and not one.children]
        if not empty:
            return False
        siblings.remove(empty[0])
        return None

    def sort_section(self) -> None:
        section = self._filled()
        section.entries.sort(key=lambda key: self.works[key].title)

    def tidy_duplicates(self) -> None:
        for _, section in self.walk():
            section.entries = list(dict.fromkeys(section.entries))

    def change_style(self) -> None:
        style, choose = self.style, self.random.choice
        match self.random.randrange(12):
            case 0:
                style.emphasis = choose(["*", "_"])
            case 1:
                style.strong = choose(["**", "__", ""])
            case 2:
                style.base = choose([2, 3, 1])
            case 3:
                style.numbering = choose(["right", "ones", "wrong", "bullets"])
            case 4:
                style.heading_dot = not style.heading_dot
                style.stale_numbers = not style.stale_numbers
            case 5:
                style.emoji = not style.emoji
            case 6:
                style.full_stop = not style.full_stop
            case 7:
                style.badges = choose(["below", "behind", "table"])
            case 8:
                style.newline = choose(["\n", "\r\n"])
                style.bom = not style.bom
            case 9:
                style.links = choose(["abs", "pdf", "html"])
            case 10:
                style.contents = not style.contents
                style.news = choose(["headings", "details"])
            case 11:
                style.tabs = not style.tabs
                style.html = not style.html

    # What they choose from

    def _section(self) -> Section:
        return self.random.choice([section for _, section in self.walk()])

    def _filled(self) -> Section:
        return self.random.choice([section for _, section in self.walk() if section.entries])

    def _siblings(self) -> list[Section]:
        groups = [
            self.sections,
            *(section.children for _, section in self.walk() if section.children),
        ]
        return self.random.choice(groups)

    def _work(self) -> Work:
        return self.works[self.random.choice(sorted(self.listed()))]

    def _some(self, number: int) -> list[int]:
        return self.random.sample(sorted(self.listed()), number)

    def _new_work(self) -> Work:
        key = next(self._numbers)
        authors = [self._name() for _ in range(self.random.randint(2, 4))]
        work = Work(key, self._new_title(), self._new_arxiv(), list(dict.fromkeys(authors)))
        if self.random.random() < 0.4:
            work.code = f"lab{key}/code-{key}"
        self.works[key] = work
        return work

    def _name(self) -> str:
        return f"{self.random.choice(_FIRST)} {self.random.choice(_LAST)}"

    def _new_arxiv(self) -> str:
        return f"24{self.random.randint(1, 12):02}.{next(self._numbers):05}"

    def _new_title(self) -> str:
        choose = self.random.choice
        while True:
            title = f"{choose(_VERBS)} {choose(_ADJECTIVES)} {choose(_NOUNS)} for {choose(_PLACES)}"
            if self.random.random() < 0.3:
                title = f"{choose(_ADJECTIVES)}{choose(_NOUNS)[:4]}{next(self._numbers)}: {title}"
            if title not in self._titles:
                self._titles.add(title)
                return title

    def _free(self, title: str, other: str) -> str:
        taken = {work.title for work in self.works.values()}
        return title if title not in taken else other

    def _free_name(self) -> str:
        names = self._names()
        while True:
            name = f"{self.random.choice(_ADJECTIVES)} {self.random.choice(_NOUNS)}"
            if name not in names:
                return name

    def _names(self) -> set[str]:
        return {section.name for _, section in self.walk()}
