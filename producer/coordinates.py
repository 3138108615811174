"""Tells coordinates that are spelled in another way than `LATITUDE,LONGITUDE` from the name of a place.

A text means coordinates where it holds digits and no word of a name, where it holds two signs of degrees or
two numbers with decimals, and where it is an address or a code of a point. Where there is one way to read
it, the advice spells it anew; nobody's weather is asked for by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from urllib.parse import unquote

_LONGEST = 200
"""Characters of a text that is read; no spelling needs more."""
FORM = "write coordinates as LATITUDE,LONGITUDE in degrees and without a blank, such as 51.5074,-0.1278"

_SIGNS = {
    "-": "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d",
    ".": "\u066b\uff0e",
    ",": "\u066c\u060c\u3001\uff0c",
    ";": "\u061b\uff1b",
    "\u00b0": "\u00ba\u02da\u2070\u2218",
    "'": "\u2032\u2019\u2018\u00b4`\u02b9\u02bc\uff07",
    '"': "\u2033\u201c\u201d\u02dd\u02ba\uff02",
}
_TO_ASCII = str.maketrans({sign: plain for plain, signs in _SIGNS.items() for sign in signs})
"""What other keyboards and scripts write; NFKC would make digits or letters of some."""

_NUMBER = r"(?<![\d.])(?:\d+\.?\d*|\.\d+)(?!\d|\.\d)"
_LATITUDE, _LONGITUDE = rf"(?P<lat>[+-]?{_NUMBER})", rf"(?P<lon>[+-]?{_NUMBER})"
_LETTER = r"[^\W\d_]"

_CODES = (
    ("the address of a page", r"[a-z][a-z+.-]*://|(?:[\w-]+\.)+[a-z]{2,}/.*[@?#=]"),
    ("a geo URI", r"geo:"),
    ("a geometry", r"(?:srid=\d+;)?\s*point\s*[zm]{0,2}\s*\(|\{.*\bcoordinates\b"),
    ("a plus code", r"[2-9cfghjmpqrvwx]{4,8}\+(?:[2-9cfghjmpqrvwx]{2,7})?(?:[\s,]|$)"),
    (
        "a place in a grid",
        r"\d{1,2}\s?[c-hj-np-x]\s?(?:\d{5,7}m?e?[\s,]+\d{5,8}|[a-z]{2}\s?\d{2,5}\s?\d{2,5}$)",
    ),
)
"""What a text is whose beginning fits a pattern."""
_IN_A_CODE = (
    rf"geo:{_LATITUDE},{_LONGITUDE}(?:,[+-]?{_NUMBER})?(?:;(?!crs=(?!wgs84)).*)?",
    rf"(?:srid=4326;)?\s*point\s*[zm]{{0,2}}\s*\(\s*{_LONGITUDE}\s+{_LATITUDE}(?:\s[^)]*)?\)",
    rf'\{{.*"coordinates"\s*:\s*\[\s*{_LONGITUDE}\s*,\s*{_LATITUDE}[^\]]*\].*\}}',
    rf".*[?&#]m?lat(?:itude)?={_LATITUDE}&m?(?:lon|lng|long|longitude)={_LONGITUDE}(?:[&#].*)?",
    rf"[^!]*/@{_LATITUDE},{_LONGITUDE}(?:,[^!]*)?",
    rf".*#map=\d+/{_LATITUDE}/{_LONGITUDE}(?:[&/].*)?",
    rf"{_LATITUDE}{_LONGITUDE}/",
)
"""Notations that say which number is which: RFC 5870, well-known text, GeoJSON, maps' addresses, ISO 6709."""

_SHORTER = (
    (rf"(?<!{_LETTER})[\"']?m?lat(?:itude)?(?!{_LETTER})[\"'\s:=]*", " φ"),
    (rf"(?<!{_LETTER})[\"']?m?(?:lon|lng|long|longitude)(?!{_LETTER})[\"'\s:=]*", " λ"),
    (rf"(?<!{_LETTER})(n|s|e|w)(?:orth|outh|ast|est)(?!{_LETTER})", r"\1"),
    (rf"(?<=[\d\s])deg(?:rees?)?(?=[nsew]?(?!{_LETTER}))", "°"),
    (rf"(?<=[\d\s])min(?:utes?)?(?!{_LETTER})", "'"),
    (rf"(?<=[\d\s])sec(?:onds?)?(?!{_LETTER})", '"'),
    (r"[][(){}<>]", " "),
)
_NO_NAME = re.compile(rf"(?<!{_LETTER})[nsewodmφλ](?!{_LETTER})|(?<=\d)[dms][nsew]?(?!{_LETTER})")
_DECIMALS = re.compile(r"(?<![\d.])\d*\.\d+(?![\d.])")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf(?:inity)?|[\d.]+)[\s,;]+[-+]?(?:nan|inf(?:inity)?|[\d.]+)")
_EXPONENT = re.compile(r"(?<![\w.])[+-]?(?:\d+\.?\d*|\.\d+)e[+-]?\d{1,2}(?![\w.])")

_PARTS = ("before", "sign", "degrees", "minutes", "seconds", "after")
_BEFORE, _AFTER = r"(?P<before>[nsewφλ]?)\s*{}(?P<after>)", r"(?P<before>){}(?:\s*(?P<after>[nsew]))?"
_WITH_MARKS = (
    rf"(?P<sign>[+-]?)\s*(?P<degrees>{_NUMBER})(?:\s*[°d:]\s*(?:(?P<minutes>{_NUMBER})\s*['m:]?\s*"
    rf"(?:(?P<seconds>{_NUMBER})\s*(?:[\"s]|'')?)?)?)?"
)
_WITH_BLANKS = rf"(?P<sign>[+-]?)(?P<degrees>\d+)\s+(?P<minutes>{_NUMBER})(?:\s+(?P<seconds>{_NUMBER}))?"


def _twice(angle: str) -> re.Pattern[str]:
    both = (re.sub(r"\?P<(\w+)>", rf"?P<\g<1>_{which}>", angle) for which in "ab")
    return re.compile(r"\s*[,;/|&~]?\s*".join(both))


_PAIRS = [
    _twice(side.format(angle)) for side, angle in product((_BEFORE, _AFTER), (_WITH_MARKS, _WITH_BLANKS))
]
_AXIS = {**dict.fromkeys("nsφ", "latitude"), **dict.fromkeys("ewλ", "longitude")}


def advice(text: str) -> str | None:
    """What to do about a text that is meant as coordinates, as the rest of a sentence; None for a name."""
    plain = _plain(text)
    name = next((name for name, pattern in _CODES if re.match(pattern, plain)), None)
    short = plain
    for pattern, shorter in _SHORTER:
        short = re.sub(pattern, shorter, short)
    if name is None and not _means_coordinates(plain, short):
        return None
    if plain.isdecimal():
        return f"write {plain}"
    readings = set(_in_a_code(plain)) or set(_in_words(short)) if len(plain) <= _LONGEST else set()
    if len(readings) != 1:
        return FORM if name is None else f"it is {name}: {FORM}"
    return correction(*readings.pop())


def correction(latitude: Decimal, longitude: Decimal) -> str:
    """Spell coordinates, or say why there is no such place; as the rest of a sentence."""
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return f"write {spell(latitude)},{spell(longitude)}"
    if abs(latitude) > 90 and abs(longitude) <= 90 and abs(latitude) <= 180:
        swapped = f"{spell(longitude)},{spell(latitude)}"
        return f"no latitude is beyond 90, so write {swapped} where the longitude stands first"
    beyond = "latitude is beyond 90" if abs(latitude) > 90 else "longitude is beyond 180"
    return f"no {beyond}; {FORM}"


def spell(degrees: Decimal) -> str:
    """A number without exponent, without the sign of zero and without a plus."""
    return format(degrees + 0, "f")


def _plain(text: str) -> str:
    """ASCII digits, signs and small letters; what shows nothing is left out."""
    shown = "".join(letter for letter in unquote(text) if unicodedata.category(letter) != "Cf")
    plain = unicodedata.normalize("NFKC", shown.translate(_TO_ASCII))
    digits = (str(unicodedata.decimal(letter, letter)) for letter in plain)
    return "".join(digits).casefold().strip(" \t\r\n\"'")


def _means_coordinates(plain: str, short: str) -> bool:
    if not any(letter.isdigit() for letter in plain):
        return _NOT_FINITE.fullmatch(plain) is not None
    no_word = not any(letter.isalpha() for letter in _NO_NAME.sub(" ", short))
    # One degree sign may be an ordinal's: 1º de Maio is a city.
    pointed = plain.count("°") > 1 or len(_DECIMALS.findall(plain)) > 1
    return no_word or pointed or _NOT_FINITE.fullmatch(plain) is not None


def _in_a_code(plain: str) -> Iterator[tuple[Decimal, Decimal]]:
    for pattern in _IN_A_CODE:
        if match := re.fullmatch(pattern, plain):
            yield Decimal(match["lat"]), Decimal(match["lon"])


def _in_words(short: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Each way to read two angles, commas of decimals included."""
    texts = [_EXPONENT.sub(lambda match: spell(Decimal(match[0])), short).strip()]
    if "." not in short:
        with_points = re.sub(r"(\d+),(\d+)", r"\1.\2", texts[0])
        texts += [with_points] if with_points.count(".") == 2 else []
    for text, pair in product(texts, _PAIRS):
        match = pair.fullmatch(text)
        if match is None:
            continue
        first, second = (_angle(match, which) for which in "ab")
        uneven = "°" not in text and ":" not in text and bool(match["seconds_a"]) != bool(match["seconds_b"])
        if first is None or second is None or uneven:
            continue
        axes = (first[0], second[0])
        if axes in {(None, None), ("latitude", "longitude")}:
            yield first[1], second[1]
        elif axes == ("longitude", "latitude"):
            yield second[1], first[1]


def _angle(match: re.Match[str], which: str) -> tuple[str | None, Decimal] | None:
    """The axis, where a letter names it, and decimal degrees; None for what cannot be."""
    before, sign, degrees, minutes, seconds, after = (match[f"{part}_{which}"] or "" for part in _PARTS)
    side = before or after
    if (side and side in "nsew" and sign) or (minutes and "." in degrees) or (seconds and "." in minutes):
        return None
    if any(part and Decimal(part) >= 60 for part in (minutes, seconds)):
        return None
    value = Decimal(degrees)
    if minutes:
        value += Decimal(minutes) / 60 + Decimal(seconds or 0) / 3600
        value = round(value, 4).normalize()
    return _AXIS.get(side), -value if sign == "-" or (side and side in "sw") else value
