"""The page: one file, no script, nothing fetched, all that comes from data escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from altair.utils.schemapi import debug_mode
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quality.report import commands
from quality.report.flags import WORDS, bad, columns, flagged_stations, total
from quality.report.page import drawn, headline
from quality.report.summary import Summary
from quality.report.text import day, duration, many, measured, moment, number, percent, share, shown, word
from quality.window.extent import place, raw_place

LISTED_STATIONS, LISTED_GROUPS = 30, 20
"""Lines of the long tables at most; the page says how many it leaves out."""


def page(summary: Summary) -> str:
    """The page as HTML text, the same for the same history."""
    style = _style()
    # The charts are the page's own: to hold each against Altair's schema would take most of the time.
    with debug_mode(False):
        drawings = {
            "history": drawn.history(summary),
            "trends": drawn.trends(summary),
            "maps": drawn.maps(summary),
            "flow": drawn.flow(summary),
            "measures": drawn.measures(summary),
            "reasons": drawn.reasons(summary),
            "flags": drawn.flags(summary),
        }
    flagged = flagged_stations(summary.validation.stations)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            summary=summary,
            validation=summary.validation,
            head=headline.headline(summary),
            figures=headline.figures(summary),
            # The page's own, and so no data.
            style=Markup(style),  # noqa: S704
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            **drawings,
            stations=summary.stations[:LISTED_STATIONS],
            groups=summary.validation.quarantine[:LISTED_GROUPS],
            flag_words=WORDS,
            flagged_stations=flagged[:LISTED_STATIONS],
            flagged_left=len(flagged) - LISTED_STATIONS,
            flag_columns=columns(flagged[:LISTED_STATIONS]),
            commands=commands,
        )
    )


def _style() -> str:
    return files("quality.report.page").joinpath("templates/page.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("quality.report.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number,
        share=share,
        percent=percent,
        shown=shown,
        duration=duration,
        moment=moment,
        day=day,
        many=many,
        measured=measured,
        word=word,
        place=place,
        raw_place=raw_place,
        flag_total=total,
        bad_flags=bad,
    )
    return environment
