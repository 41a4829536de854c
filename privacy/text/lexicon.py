"""Word lists: names, places, English, and the medical words that are no names."""

import gzip
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Lexicon", "folded", "lexicon", "word_set"]

_DATA = Path(__file__).resolve().parents[1] / "data"
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "ı": "i"})


@dataclass(frozen=True)
class Lexicon:
    """Sets of words, in lower case and without accents.

    Attributes:
        first: First names.
        sure: First names that are nothing else: neither English words nor medicine nor places.
        spoken: Of those, the ones common enough to be trusted where there are no capitals.
        last: Surnames.
        english: English words that are written in lower case.
        medical: Eponyms, drugs, tests and abbreviations that look like names.
        places: Cities and counties.
        states: States, countries and the like, which Safe Harbor lets stand.
    """

    first: frozenset[str]
    sure: frozenset[str]
    spoken: frozenset[str]
    last: frozenset[str]
    english: frozenset[str]
    medical: frozenset[str]
    places: frozenset[str]
    states: frozenset[str]


def word_set(words: str) -> frozenset[str]:
    """Returns the words of a string as a set."""
    return frozenset(words.split())


def folded(word: str) -> str:
    """Returns a word in lower case and without accents."""
    word = word.lower()
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word.translate(_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char))


@cache
def lexicon() -> Lexicon:
    """Returns the word lists; they are read once in a process."""
    common, world = _words("first_names.txt.gz"), _words("first_names_world.txt.gz")
    english, medical, states = _words("english.txt.gz"), _words("medical.txt"), _words("states.txt")
    places = _words("places.txt") | _words("places_world.txt.gz")
    chosen = _words("first_names_sure.txt")
    taken = (english - chosen) | medical | states
    return Lexicon(
        first=common | world | chosen,
        sure=frozenset(name for name in (common | world | chosen) - taken if len(name) > 2 or name in chosen),
        spoken=frozenset(name for name in (common | chosen) - taken if len(name) > 2),
        last=_words("surnames.txt.gz"),
        english=english - chosen,
        medical=medical,
        places=places,
        states=states,
    )


def _words(name: str) -> frozenset[str]:
    path = _DATA / name
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return frozenset(
        word.strip()
        for line in data.decode().splitlines()
        if not line.startswith("#")
        for word in line.split(",")
        if word
    )
