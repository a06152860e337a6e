"""Parts of the graph as files."""

from lxml import etree

from catalog.graph.pictures import Picture
from catalog.readable import printable

_SPACE = "http://graphml.graphdrawing.org/xmlns"
_KEYS = {
    "label": ("node", "string"),
    "kind": ("node", "string"),
    "url": ("node", "string"),
    "year": ("node", "int"),
    "weight": ("node", "int"),
    "x": ("node", "double"),
    "y": ("node", "double"),
    "link": ("edge", "string"),
    "source": ("edge", "string"),
    "stated_at": ("edge", "string"),
}


def graphml(picture: Picture) -> bytes:
    """Write a picture as GraphML (Brandes and others 2002); what is not known of a node or edge is left out."""
    root = etree.Element(f"{{{_SPACE}}}graphml", nsmap={None: _SPACE})  # type: ignore[dict-item]  # lxml-stubs know no default namespace
    for name, (of, kind) in _KEYS.items():
        attributes = {"id": name, "for": of, "attr.name": name, "attr.type": kind}
        etree.SubElement(root, f"{{{_SPACE}}}key", attributes)
    graph = etree.SubElement(root, f"{{{_SPACE}}}graph", {"id": "G", "edgedefault": "directed"})
    for one in picture.nodes:
        node = etree.SubElement(graph, f"{{{_SPACE}}}node", {"id": str(one.node)})
        _say(
            node,
            label=one.label,
            kind=str(one.node.kind),
            url=one.url,
            year=one.year,
            weight=one.weight,
            x=one.x,
            y=one.y,
        )
    for edge in picture.edges:
        ends = {"source": str(edge.tail), "target": str(edge.head)}
        made = etree.SubElement(graph, f"{{{_SPACE}}}edge", ends)
        stated = edge.stated_at.isoformat() if edge.stated_at else None
        _say(made, link=edge.kind, source=edge.source or None, stated_at=stated)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _say(element: etree._Element, **values: object) -> None:
    for name, value in values.items():
        if value is not None:
            etree.SubElement(element, f"{{{_SPACE}}}data", {"key": name}).text = printable(
                str(value)
            )
