"""Reads a DocumentReference (R4): its inline text, its time, and the names that it and a Patient tell.

- The text is that of the first attachment with inline data that is text/plain, else of the first that is text/html,
  reduced to its text. Other types (RTF, PDF, C-CDA) and documents that stand elsewhere (attachment.url) are refused.
  The charset is the one of contentType; where it names none, it is found as for a file.
- The time is that of the attachment's `creation`, else the end of `context.period`, "the time period over which the
  service that is described by the document was provided", else `date`, "when the document reference was created";
  `date` says from when it is on record.
"""

import base64
import binascii
from collections.abc import Iterator
from email.message import Message
from typing import Any

from components.fhir.problem import Unreadable
from components.fhir.time import Moment, read_moment
from transforms.text.decoding import NotText, decode
from transforms.text.markup import text_of_html

__all__ = ["document_names", "document_text", "document_time", "patient_names"]

_ELEMENT = "an element is not of the JSON type that FHIR demands"
_NO_TEXT = "a document that is neither text/plain nor text/html"
_ELSEWHERE = "a document without inline data"
_NO_BASE64 = "a document whose data is not base64"
_CHARSET = "a document in a character set that is not known"
_UNDECODABLE = "a document that is not in the character set that it names, or no text"
_TOO_LONG = "the note is longer than the task allows"
_NO_TIME = "a DocumentReference without a time"

_TYPES = ("text/plain", "text/html")
_WIDEST = 4
"""Most bytes of a character."""


def document_text(resource: dict[str, Any], longest: int) -> str:
    """Returns the text of a DocumentReference.

    Args:
        resource: The resource.
        longest: Most characters.

    Raises:
        Unreadable: It has none that is read.
    """
    attachments = list(_attachments(resource))
    typed = [(_content_type(attachment), attachment) for attachment in attachments]
    readable = [(kind, charset, found) for (kind, charset), found in typed if kind in _TYPES]
    if not readable:
        raise Unreadable(_NO_TEXT)
    inline = [entry for entry in readable if entry[2].get("data")]
    if not inline:
        raise Unreadable(_ELSEWHERE)
    kind, charset, attachment = min(inline, key=lambda entry: _TYPES.index(entry[0]))
    data = attachment["data"]
    if not isinstance(data, str):
        raise Unreadable(_ELEMENT)
    if len(data) > 2 * _WIDEST * longest:
        raise Unreadable(_TOO_LONG)
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(_NO_BASE64) from None
    text = _decoded(content, charset)
    if len(text) > longest:
        raise Unreadable(_TOO_LONG)
    return text_of_html(text) if kind == "text/html" else text


def document_time(resource: dict[str, Any]) -> tuple[Moment, Moment | None]:
    """Returns when a document was written, and when it was put on record, if that is said.

    Raises:
        Unreadable: It names no time.
    """
    recorded = read_moment(resource["date"]) if "date" in resource else None
    created = [read_moment(found["creation"]) for found in _attachments(resource) if "creation" in found]
    context = resource.get("context", {})
    period = context.get("period", {}) if isinstance(context, dict) else None
    if not isinstance(period, dict):
        raise Unreadable(_ELEMENT)
    moment = max(created) if created else read_moment(period["end"]) if "end" in period else recorded
    if moment is None:
        raise Unreadable(_NO_TIME)
    return moment, recorded


def document_names(resource: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names that a DocumentReference displays: of the subject, its authors, who vouches for it."""
    references = [resource.get("subject"), resource.get("authenticator")]
    authors = resource.get("author")
    references += authors if isinstance(authors, list) else []
    context = resource.get("context")
    source = context.get("sourcePatientInfo") if isinstance(context, dict) else None
    displays = (found.get("display") for found in (*references, source) if isinstance(found, dict))
    return tuple(dict.fromkeys(name for name in displays if isinstance(name, str) and name.strip()))


def patient_names(resource: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names of a Patient, of the contacts, and of the practitioners in charge."""
    names: list[object] = list(_listed(resource, "name"))
    names += [contact.get("name") for contact in _listed(resource, "contact")]
    found = [text for name in names if isinstance(name, dict) for text in _texts(name)]
    found += [
        display
        for reference in _listed(resource, "generalPractitioner")
        if isinstance(display := reference.get("display"), str)
    ]
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def _texts(name: dict[str, Any]) -> Iterator[str]:
    """A HumanName as text: as it is written, and put together from its parts."""
    if isinstance(name.get("text"), str):
        yield name["text"]
    given = [part for part in name.get("given") or () if isinstance(part, str)]
    family = name.get("family")
    parts = [*given, *([family] if isinstance(family, str) else [])]
    if parts:
        yield " ".join(parts)


def _listed(resource: dict[str, Any], element: str) -> Iterator[dict[str, Any]]:
    """The objects of a list; what is none is passed over, as nothing but a name is lost with it."""
    found = resource.get(element)
    yield from (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _attachments(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    contents = resource.get("content")
    if not isinstance(contents, list):
        raise Unreadable(_ELEMENT)
    for content in contents:
        attachment = content.get("attachment") if isinstance(content, dict) else None
        if not isinstance(attachment, dict):
            raise Unreadable(_ELEMENT)
        yield attachment


def _content_type(attachment: dict[str, Any]) -> tuple[str, str]:
    """Type and charset of an attachment (RFC 2045, 5); "" for what it does not say."""
    text = attachment.get("contentType", "")
    if not isinstance(text, str):
        raise Unreadable(_ELEMENT)
    message = Message()
    message["content-type"] = " ".join(text.split())
    charset = message.get_param("charset", "")
    return (message.get_content_type() if text.strip() else ""), charset if isinstance(charset, str) else ""


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset) if charset else decode(content).text
    except LookupError:
        raise Unreadable(_CHARSET) from None
    except (UnicodeError, NotText):
        raise Unreadable(_UNDECODABLE) from None
