"""Venues are suggested from what is stored already, for papers that are listed as preprints."""

import pytest

from catalog.models import Identifier, Paper, Run, VenueSuggestion
from ingest.sources.arxiv.venues import suggested_venue
from ingest.sources.stored_venues import suggest_stored, venue_of_acl, venue_of_doi
from tests.factories import make_announcement, make_paper, make_venue


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("P19-1424", ("ACL", 2019, "")),
        ("N18-5001", ("NAACL", 2018, "")),
        ("C96-1001", ("COLING", 1996, "")),
        ("2020.acl-main.1", ("ACL", 2020, "")),
        ("2023.findings-emnlp.5", ("EMNLP", 2023, "Findings")),
        ("2024.emnlp-demo.7", ("EMNLP", 2024, "Demo")),
        ("W19-1424", None),
        ("2020.blackboxnlp-1.3", None),
        ("nonsense", None),
    ],
)
def test_identifiers_of_the_anthology(value, said):
    found = venue_of_acl(value)
    assert (found and (found.name, found.year, found.distinction)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("10.18653/v1/2020.acl-main.1", ("ACL", 2020)),
        ("10.18653/v1/p19-1424", ("ACL", 2019)),
        ("10.1609/aaai.v38i16.29720", ("AAAI", 2024)),
        ("10.24963/ijcai.2023/123", ("IJCAI", 2023)),
        ("10.21437/interspeech.2023-1316", ("Interspeech", 2023)),
        ("10.1109/cvpr52688.2022.01234", ("CVPR", 2022)),
        ("10.1162/tacl_a_00638", ("TACL", None)),
        ("10.1145/3600006.3613165", None),
        ("10.48550/arxiv.2309.17453", None),
    ],
)
def test_dois_that_name_their_proceedings(value, said):
    found = venue_of_doi(value)
    assert (found and (found.name, found.year)) == said


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ICLR 2025", "ICLR 2025"),
        ("12 pages, 4 figures. NeurIPS 2023 camera ready", "NeurIPS 2023"),
        ("Code: https://example.org; ICML 2024 (Oral)", "ICML 2024"),
        ("Published as a conference paper at ICLR 2024", "ICLR 2024"),
        ("EMNLP'23 Findings", "EMNLP 2023"),
        ("In ACL 2024", "ACL 2024"),
        ("Submitted to ICLR 2025", None),
        ("ICLR 2025 under review", None),
        ("An extended version of our ACL 2023 paper", None),
        ("12 pages", None),
        ("Uses the ICLR 2024 template", None),
        ("Data of the NAACL 2022 shared task on long texts", None),
    ],
)
def test_remarks_that_name_a_venue(comment, said):
    found = suggested_venue("", comment)
    assert (f"{found.name} {found.year}" if found else None) == said


@pytest.mark.django_db
def test_what_is_stored_is_suggested_once_and_never_for_what_is_promoted():
    arxiv = make_venue("arXiv", kind="preprint")
    papers = [make_paper(f"P{n}", venue=arxiv if n % 2 else None) for n in range(5)]
    Paper.objects.filter(pk=papers[0].pk).update(comment="ICLR 2025")
    Identifier.objects.create(paper=papers[1], scheme="acl", value="2024.acl-long.3", source="list")
    Identifier.objects.create(
        paper=papers[2], scheme="doi", value="10.1609/aaai.v38i16.2", source="list"
    )
    make_announcement(paper=papers[3], venue_text="NeurIPS 2024")
    promoted = make_paper("Promoted", venue=make_venue("ICML", kind="conference"))
    Identifier.objects.create(paper=promoted, scheme="acl", value="2024.acl-long.4", source="list")
    run = suggest_stored("test")
    assert run is not None
    assert (run.new, run.message) == (4, "Venues suggested for 4 papers.")
    said = [(str(row), row.source) for row in VenueSuggestion.objects.order_by("paper")]
    assert said == [
        ("ICLR 2025", "arxiv"),
        ("ACL 2024", "acl"),
        ("AAAI 2024", "crossref"),
        ("NeurIPS 2024", "list"),
    ]
    VenueSuggestion.objects.filter(source="acl").update(status="rejected")
    assert suggest_stored("test") is None
    assert Run.objects.filter(job="venues").count() == 1
