"""`python -m quality report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.cli_support import messages, print_json
from contracts.errors import UnusableSetting
from quality.history import History
from quality.product import WEATHER
from quality.sources import open_sources


def report(
    *,
    topic: Annotated[str, typer.Option(help="Topic that the report is on.")] = WEATHER.final,
    output: Annotated[Path, typer.Option(help="Folder of the report.", file_okay=False)] = Path(
        "build/quality"
    ),
    data_docs: Annotated[
        bool, typer.Option("--data-docs", help="Also write Great Expectations' own page, of counts alone.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of report.json, and end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the path as one JSON object.")] = False,
) -> None:
    """Write the report on the newest validation of a topic, from the history that the broker holds.

    It needs no file of a former run and no other topic: delete them all, and the report is the same.
    """
    from quality.report import summarise, write  # noqa: PLC0415 - slow to import
    from quality.report.document import schema_text  # noqa: PLC0415
    from quality.report.write import put  # noqa: PLC0415

    if schema:
        typer.echo(schema_text(), nl=False)
        return
    with open_sources() as sources:
        contract = sources.contract(topic)
        history = History(sources).read(topic)
    if not history:
        raise UnusableSetting(
            f"{topic} was never validated: run `python -m quality validate --topic {topic}` first."
        )
    summary = summarise(history)
    written = write(summary, output)
    if data_docs:
        from quality.report.data_docs import data_docs as render  # noqa: PLC0415 - slower

        put(output, {"data-docs.html": render(summary, contract)})
    if as_json:
        print_json({"report": str(written), "verdict": summary.verdict.value.lower()})
    messages.print(f"report: {written}")
