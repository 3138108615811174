"""Lineage of the stream, sent to an OpenLineage endpoint where the environment names one.

The settings are the library's own: OPENLINEAGE_URL, OPENLINEAGE_API_KEY, OPENLINEAGE_CONFIG, openlineage.yml
and so on; OPENLINEAGE_NAMESPACE is the job's namespace. Nothing of the library is imported without them.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.errors import UnusableSetting

if TYPE_CHECKING:
    from streaming.telemetry.lineage.events import Lineage

_FILES = (Path("openlineage.yml"), Path("~/.openlineage/openlineage.yml"))


def connect() -> Lineage | None:
    """Lineage of a run that is about to begin; None where no endpoint is configured.

    Raises `UnusableSetting` for settings that the library refuses.
    """
    named = any(name.startswith("OPENLINEAGE_") for name in os.environ)
    if not named and not any(file.expanduser().is_file() for file in _FILES):
        return None
    # The library takes a second to import.
    from openlineage.client import OpenLineageClient, set_producer  # noqa: PLC0415

    from streaming.telemetry.lineage.events import PRODUCER, Lineage  # noqa: PLC0415

    # The library logs each attempt that fails; `Lineage` logs an outage once.
    logging.getLogger("openlineage").setLevel(logging.CRITICAL)
    set_producer(PRODUCER)
    try:
        client = OpenLineageClient()
        kind = client.transport.kind
        # Without a transport it prints the events.
        usable = kind != "noop" and (kind != "console" or (client.config.transport or {}).get("type") == kind)
    except Exception as error:
        raise UnusableSetting(
            f"the OPENLINEAGE_ settings cannot be used ({type(error).__name__}): correct them, or set "
            "OPENLINEAGE_DISABLED=true."
        ) from None
    return Lineage(client, os.environ.get("OPENLINEAGE_NAMESPACE", "default")) if usable else None
