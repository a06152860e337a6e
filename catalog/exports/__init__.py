"""References out: papers in the forms that reference managers, LaTeX, spreadsheets, feeds and crawlers read."""
