"""A small, strict reader of XML: elements and their text, bounded, without document types."""

import xml.parsers.expat
from dataclasses import dataclass, field
from typing import Final

MOST_ELEMENTS: Final = 2_000
DEEPEST: Final = 24
LONGEST_TEXT: Final = 2_048  # characters in one element


class XmlError(ValueError):
    """This is not XML, or more of it than anybody needs."""


@dataclass
class Element:
    """A name without its namespace, the text directly in it, and its children."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Return the text of the first child of this name, or nothing."""
        return next((child.text for child in self.children if child.name == name), "")

    def all(self, name: str) -> list["Element"]:
        """Return every element of this name below this one, in order."""
        found = [] if self.name != name else [self]
        for child in self.children:
            found += child.all(name)
        return found


def parse_xml(data: bytes) -> Element:
    """Return the root element; raises XmlError. `data` is bounded by who received it."""
    root = Element("")
    open_elements = [root]
    count = 0

    def begin(name: str, _attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(open_elements) > DEEPEST:
            raise XmlError("too many elements")
        element = Element(name.rpartition(":")[2])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        element = open_elements.pop()
        element.text = element.text.strip()

    def text(piece: str) -> None:
        element = open_elements[-1]
        if len(element.text) + len(piece) > LONGEST_TEXT:
            raise XmlError("too much text")
        element.text += piece

    def refuse(*_: object) -> None:
        raise XmlError("document types are refused")

    parser = xml.parsers.expat.ParserCreate("utf-8")
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except xml.parsers.expat.ExpatError as error:
        raise XmlError("not well-formed") from error
    return root.children[0]
