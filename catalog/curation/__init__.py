"""What a curator's decision means in the tables: it is remembered, and no import undoes it."""

from catalog.curation.acts import note_act, note_undoing
from catalog.curation.adding import NewPaper, add_paper, add_papers, list_paper
from catalog.curation.announcements import save_announcement
from catalog.curation.author_merging import merge_authors, split_author, unmerge_author
from catalog.curation.bulk import Edit, apply_edit, plan_edit
from catalog.curation.code import accept_code, count_own_stars, reject_code
from catalog.curation.decisions import accept_candidate, decide_problems, reject_candidates
from catalog.curation.facts import let_sources_decide, use_statement, whose
from catalog.curation.links import check_again, replace_links, take_links_away
from catalog.curation.locks import hold_off_imports, take_time
from catalog.curation.merging import merge_of, merge_papers, undo_act, undo_together, unmerge_paper
from catalog.curation.papers import (
    lock_fields,
    save_aliases,
    save_authorships,
    save_identifiers,
    save_paper,
    set_lock,
    state_fields,
    write_authors,
)
from catalog.curation.people import save_author, save_repository, save_venue
from catalog.curation.proposals import (
    accept_fields,
    accept_suggestion,
    reject_proposal,
    withdraw_proposal,
)
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
from catalog.curation.topic_merging import merge_topics, preview_merge
from catalog.curation.topic_moves import Place, add_topic, place_topic, rename_topic
from catalog.curation.topic_splitting import Part, check_parts, split_topic
from catalog.curation.topics import (
    bring_back_topic,
    check_removal,
    follow_list,
    retire_topic,
    save_topic,
)
from catalog.curation.tree_undoing import undo_tree_change
from catalog.curation.venues import accept_venues, reject_venues, reopen_venues

__all__ = [
    "Edit",
    "NewPaper",
    "Part",
    "Place",
    "Refused",
    "accept_candidate",
    "accept_code",
    "accept_fields",
    "accept_suggestion",
    "accept_venues",
    "add_paper",
    "add_papers",
    "add_topic",
    "apply_edit",
    "bring_back_topic",
    "check_again",
    "check_parts",
    "check_removal",
    "choose_primary",
    "confirm_relations",
    "count_own_stars",
    "decide_distinct",
    "decide_problems",
    "first_to_undo",
    "follow_list",
    "hold_off_imports",
    "let_sources_decide",
    "list_paper",
    "lock_fields",
    "merge_authors",
    "merge_of",
    "merge_papers",
    "merge_topics",
    "note_act",
    "note_undoing",
    "place_topic",
    "plan_edit",
    "preview_merge",
    "reject_candidates",
    "reject_code",
    "reject_proposal",
    "reject_relations",
    "reject_venues",
    "remove_systems",
    "rename_topic",
    "reopen",
    "reopen_venues",
    "replace_links",
    "restore",
    "restore_systems",
    "retire_topic",
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
    "split_topic",
    "state_fields",
    "take_links_away",
    "take_time",
    "undo_act",
    "undo_together",
    "undo_tree_change",
    "unlist",
    "unmerge_author",
    "unmerge_paper",
    "use_statement",
    "whose",
    "withdraw_proposal",
    "write_authors",
]
