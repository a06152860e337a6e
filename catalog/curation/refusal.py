class Refused(Exception):
    """A curator's wish that cannot be carried out; the message is one sentence for the curator."""
