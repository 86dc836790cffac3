"""XML from strangers: no document type, no entities, nothing fetched, and bounds on size, depth and count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from criukb.errors import CriukbError

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ELEMENTS: Final = 400_000
MAX_DEPTH: Final = 64

# Tools copy raw logs into reports; XML 1.0 allows none of these, not even escaped.
_CONTROL: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
_REFERENCE = re.compile(rb"&#(?:x0*(?P<hex>[0-9a-fA-F]{1,6})|0*(?P<dec>\d{1,7}));")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_SHOWN = 200


class _TooMuchError(Exception):
    """A bound was passed."""


class _Bounded(TreeBuilder):
    """Builds the tree while it stays within the bounds."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._count += 1
        self._depth += 1
        if self._count > MAX_ELEMENTS:
            raise _TooMuchError(f"more than {MAX_ELEMENTS} elements")
        if self._depth > MAX_DEPTH:
            raise _TooMuchError(f"elements nested more than {MAX_DEPTH} deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(data: bytes, path: Path) -> Element:
    """Return the root of ``data``; CriukbError with line and column when it is no XML, a bomb, or too much.

    Bytes that are not of the declared encoding (UTF-8 unless another is declared) become U+FFFD, and control
    characters that XML forbids become blanks: both come from the logs that a report quotes.
    """
    if len(data) > MAX_BYTES:
        raise CriukbError.at(path, f"more than {MAX_BYTES} bytes of XML", "give the reports of single jobs")
    parser = XMLParser(target=_Bounded(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(_cleaned(data))
        root: Element = parser.close()
    except DefusedXmlException as error:
        hint = "no test tool writes one: make the report again"
        raise CriukbError.at(path, "a document type or entities are not accepted in a report", hint) from error
    except ParseError as error:
        line, column = error.position
        message = f"no valid XML: {str(error).partition(': line')[0][:_SHOWN]}"
        raise CriukbError.at(path, message, "check that the report is whole", line, column + 1) from error
    except _TooMuchError as error:
        raise CriukbError.at(path, str(error), "give the reports of single jobs") from error
    except (ValueError, LookupError) as error:
        hint = "save the report as UTF-8"
        raise CriukbError.at(path, f"its encoding cannot be read: {str(error)[:_SHOWN]}", hint, 1) from error
    return root


def _cleaned(data: bytes) -> bytes:
    if data.startswith(_UNICODE_MARKS):
        return data
    found = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf")[:512])
    if found is None or found[1].lower().replace(b"_", b"-") in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}:
        data = data.decode("utf-8", "replace").encode()
        if found is not None and found[1].lower().endswith(b"ascii"):
            data = data.replace(found[1], b"utf-8", 1)
    return _REFERENCE.sub(_reference, data.translate(bytes.maketrans(_CONTROL, b" " * len(_CONTROL))))


def _reference(found: re.Match[bytes]) -> bytes:
    code = int(found["hex"], 16) if found["hex"] else int(found["dec"])
    allowed = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF  # noqa: PLR2004 - XML 1.0, production 2
    return found[0] if allowed else b" "
