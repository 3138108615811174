"""Regular expressions that Java and Python read alike: Spark judges by Java's, others by Python's.

Alike in what they mean for ASCII text (`re.ASCII`): beyond that Java has its own idea of a digit, a space or
the end of a line.
"""

from __future__ import annotations

import re
import warnings

LONGEST = 1000
"""Characters of a pattern; longer ones nest deep enough to end a parser."""

_CODE = r"\\x[0-9a-fA-F]{2}|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\[^A-Za-z0-9]"
_OUTSIDE = rf"\\[dDwWsSbBAanrtf]|\\[1-9](?![0-9])|{_CODE}"
_INSIDE = rf"\\[dDwWsSanrtf]|{_CODE}|&(?!&)|[^\[\]\\&]"
_TOKENS = (
    _OUTSIDE,
    # Python takes a bracket that closes nothing yet for itself.
    rf"\[(?!\^\])\^?(?:{_INSIDE})+\]",
    r"(?:[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})\??(?![*+?{])",
    r"\((?:\?(?::|=|!|<=|<!|[is]+(?:-[is]+)?:|-[is]+:))?(?!\?)",
    r"[^\\\[\](){}*+?]|\)",
)
_ALIKE = re.compile(rf"\A(?:\(\?[is]+\))?(?:{'|'.join(_TOKENS)})*", re.DOTALL)

_INSTEAD: tuple[tuple[str, str], ...] = (
    (r"\[", r"escape [ and && in a class as \[ and \&"),
    (r"[{}\]]", "put a backslash before it where it stands for itself, and count as {1,3}"),
    (r"\(\?P?[<']", "write a group without a name, and name it by its number"),
    (r"\(\?", "write (?:…), (?=…), (?!…), (?<=…), (?<!…), or (?i), (?s) at the very start"),
    (r"[*+?]", "count once: a possessive quantifier is known to some versions only"),
    (r"\\[Zz]", "write $ for the end"),
    (r"\\[pPN]", "write the characters out in a class, such as [A-Za-z]"),
)
"""What cannot be read alike, and what to write instead."""


def unlike(pattern: str) -> tuple[str, str] | None:
    """Why Java and Python do not both read the pattern, and alike, and what to write; None where they do."""
    if not 0 < len(pattern) <= LONGEST:
        return f"has a pattern of {len(pattern)} characters", f"write one of 1 to {LONGEST}"
    if rest := _ALIKE.sub("", pattern, count=1):
        instead = next((words for start, words in _INSTEAD if re.match(start, rest)), "write it another way")
        return f"has a pattern that Java and Python read differently from {rest[:12]!r} on", instead
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"has the pattern {pattern[:40]!r}, which Python cannot read ({error})", "correct it"
    return None
