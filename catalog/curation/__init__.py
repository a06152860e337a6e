"""What a curator's decision means in the tables: it is remembered, and no import undoes it."""

from catalog.curation.acts import note_act
from catalog.curation.announcements import save_announcement
from catalog.curation.author_merging import merge_authors, split_author, unmerge_author
from catalog.curation.bulk import Edit, apply_edit, plan_edit
from catalog.curation.decisions import accept_candidate, decide_problems, reject_candidates
from catalog.curation.facts import let_sources_decide, use_statement, whose
from catalog.curation.locks import hold_off_imports, take_time
from catalog.curation.merging import merge_of, merge_papers, undo_act, undo_together, unmerge_paper
from catalog.curation.papers import (
    save_aliases,
    save_authorships,
    save_identifiers,
    save_paper,
    set_lock,
    state_fields,
)
from catalog.curation.people import save_author, save_repository, save_venue
from catalog.curation.recording import first_to_undo
from catalog.curation.refusal import Refused
from catalog.curation.rows import choose_primary, restore, save_placements, save_rows, unlist
from catalog.curation.suspects import decide_distinct, reopen
from catalog.curation.systems import (
    confirm_relations,
    reject_relations,
    remove_systems,
    restore_systems,
    save_system,
)
from catalog.curation.topics import check_removal, remove_topic, restore_topic, save_topic
from catalog.curation.venues import accept_venues, reject_venues, reopen_venues

__all__ = [
    "Edit",
    "Refused",
    "accept_candidate",
    "accept_venues",
    "apply_edit",
    "check_removal",
    "choose_primary",
    "confirm_relations",
    "decide_distinct",
    "decide_problems",
    "first_to_undo",
    "hold_off_imports",
    "let_sources_decide",
    "merge_authors",
    "merge_of",
    "merge_papers",
    "note_act",
    "plan_edit",
    "reject_candidates",
    "reject_relations",
    "reject_venues",
    "remove_systems",
    "remove_topic",
    "reopen",
    "reopen_venues",
    "restore",
    "restore_systems",
    "restore_topic",
    "save_aliases",
    "save_announcement",
    "save_author",
    "save_authorships",
    "save_identifiers",
    "save_paper",
    "save_placements",
    "save_repository",
    "save_rows",
    "save_system",
    "save_topic",
    "save_venue",
    "set_lock",
    "split_author",
    "state_fields",
    "take_time",
    "undo_act",
    "undo_together",
    "unlist",
    "unmerge_author",
    "unmerge_paper",
    "use_statement",
    "whose",
]
