"""Whether XML keeps to a content model: for schemas that cannot be had from a package index.

A model is ``{element: (children, attributes that must be, attributes that may be)}``; the children stand in this order,
each with how many there may be: ``1``, ``?``, ``*`` or ``+``.
"""

from lxml import etree

_MANY = {"1": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}


def breaches(element, model):
    """Return every way in which one element breaks ``model``, as sentences."""
    tag = etree.QName(element).localname
    if tag not in model:
        return [f"unknown element {tag}"]
    children, must, may = model[tag]
    found = [f"{tag} lacks {name}" for name in must.split() if name not in element.attrib]
    found += [f"{tag} has {name}" for name in element.attrib if name not in f"{must} {may}".split()]
    tags = [etree.QName(child).localname for child in element if isinstance(child.tag, str)]
    for part in children.split():
        name, (least, most) = part[:-1], _MANY[part[-1]]
        count = 0
        while tags[:1] == [name]:
            tags.pop(0)
            count += 1
        if count < least or (most is not None and count > most):
            found.append(f"{tag} has {count} {name}")
    return found + [f"{tag}: {left} is out of place" for left in tags]
