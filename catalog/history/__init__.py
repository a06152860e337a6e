"""What was changed, by whom and why: groups of changes, the rows of a group, and how they are taken back."""
