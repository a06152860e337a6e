"""Pairs of papers that may be one work, and of authors who may be one person: found by a job, decided by curators."""
