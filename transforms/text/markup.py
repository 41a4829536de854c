"""HTML to plain text in time that grows with its length, which the parser of the standard library does not keep to."""

import html
import re

__all__ = ["text_of_html"]

_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_BREAKS = frozenset(
    {"address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"footer", "hr", "li", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")


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
        if not (match and closed) and not piece.startswith("!"):
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
        parts += ["\n" if name in _BREAKS else " " if name in _CELLS else "", rest]
    return html.unescape("".join(parts))
