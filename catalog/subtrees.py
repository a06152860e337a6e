"""Topics with all topics below them, in SQL; of one topic they are its `subtree`."""


def is_within(topic: str, above: str) -> str:
    """SQL for whether a topic is another one or lies anywhere below it, by the aliases of both rows."""
    return (
        f"{topic}.catalogue_id = {above}.catalogue_id AND "
        f"({topic}.id = {above}.id OR starts_with({topic}.path, {above}.path || '/'))"
    )
