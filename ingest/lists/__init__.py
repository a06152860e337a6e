"""Reading lists in Markdown: text → repaired text → records → plan → apply, and out again."""
