"""Options that `plan` and `apply` share: what one shows, the other does."""

from __future__ import annotations

from typing import Annotated

import typer

Partitions = Annotated[
    int, typer.Option(min=1, max=1000, help="Partitions of a topic that has to be created.")
]
AdoptUnknown = Annotated[
    bool, typer.Option("--adopt", help="Take versions that only the registry knows into the folder.")
]
