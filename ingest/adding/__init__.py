"""Adding papers by hand: what was pasted is read, looked up, compared with the catalogue, and saved with its sources."""
