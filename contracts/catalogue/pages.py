"""The pages as HTML: nothing fetched, no script, all that comes from a contract escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import PurePosixPath

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contracts.catalogue.facts import Facts

FOLDER = PurePosixPath("topics")
"""Where the pages of the contracts lie, beside `index.html`."""


def pages(known: Sequence[Facts]) -> dict[PurePosixPath, str]:
    """Every page by its path: the same contracts always give the same text."""
    style = files("contracts.catalogue").joinpath("catalogue.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("contracts.catalogue", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        known=known,
        # The catalogue's own, and so no data.
        style=Markup(style),  # noqa: S704
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    contract = environment.get_template("contract.html.j2")
    made = {
        FOLDER / f"{f.contract.topic}.html": contract.render(facts=f, here=f.contract.topic, root="../")
        for f in known
    }
    index = environment.get_template("index.html.j2").render(here=None, root="")
    return {PurePosixPath("index.html"): index, **made}
