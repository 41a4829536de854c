"""HTML and XML to plain text in time that grows with the length, which the standard library's parser does not keep to.

A tag in the middle of a name would hide it from de-identification, so that markup goes first, wherever a note is from.
"""

import html
import re

__all__ = ["is_rtf", "text_of_html", "without_markup"]

_UNSEEN = frozenset({"script", "style", "head", "template"})
_BREAKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"footer", "hr", "li", "ol", "p", "pre", "section", "table", "tbody", "thead", "title", "tr", "ul"}
    | {"caption", "item", "list", "paragraph", "text"}  # CDA
)
_INLINE = frozenset(
    {"a", "abbr", "b", "bdo", "big", "cite", "code", "content", "del", "em", "font", "i", "ins", "kbd", "label", "mark"}
    | {"q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr"}
)
"""Tags within a word. What stands on both sides of any other tag is two words, as in `<given>..</given><family>`."""

_MARKUP = re.compile(
    r"</[A-Za-z][\w:.-]*\s*>|<(?:br|p|div|li|ul|ol|tr|td|hr|html|body|span|b|i|u|wbr|img|font)\b[^<>]*>|<[!?][A-Za-z]|<!--",
    re.IGNORECASE,
)
"""What plain text does not have; `[NAME]`, `<38>` and `<redacted>` are no sign of markup."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")


def without_markup(text: str) -> str:
    """Returns a note as it is read: without tags where it is HTML or XML, with characters for `&#39;` and the like."""
    if _MARKUP.search(text):
        return text_of_html(text)
    return html.unescape(text) if _ENTITY.search(text) else text


def is_rtf(text: str) -> bool:
    """Whether a text is Rich Text Format."""
    return text[:200].lstrip("\ufeff \t\r\n").startswith("{\\rtf")


def text_of_html(page: str) -> str:
    """Returns the text that a reader of a page sees, a line for each block; tags, comments and scripts are dropped.

    A `<` that begins no tag is text, as in "fever < 38".
    """
    first, *pieces = page.split("<")
    parts, unseen = [first], ""
    comment = False
    for piece in pieces:
        if comment or piece.startswith("!--"):
            _, end, rest = piece.partition("-->")
            comment = not end
            parts += [rest] if end and not unseen else []
            continue
        match = _TAG.match(piece)
        tag, closed, rest = piece.partition(">")
        if not (match and closed) and not piece.startswith(("!", "?")):
            parts += ["<", piece] if not unseen else []
            continue
        name = match[1].lower() if match else ""
        if unseen:
            if piece[0] != "/" or name != unseen:
                continue
            unseen = ""
        elif name in _UNSEEN and piece[0] != "/" and not tag.endswith("/"):
            unseen = name
            continue
        parts += ["\n" if name in _BREAKS else "" if name in _INLINE else " ", rest]
    return html.unescape("".join(parts))
