"""`python -m quality report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, ProductName, messages, print_json
from quality.history import History
from quality.sources import open_sources


def report(
    *,
    product: ProductName = None,
    topic: Annotated[
        str, typer.Option(help="Topic that the report is on; the product's final topic if unset.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of the report; build/quality/PRODUCT by default.", file_okay=False),
    ] = None,
    data_docs: Annotated[
        bool, typer.Option("--data-docs", help="Also write Great Expectations' own page, of counts alone.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of report.json, and end.")
    ] = False,
    as_json: AsJson = False,
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
    chosen = product_named(product, topics=[topic])
    topic = topic or chosen.published[0].topic
    with open_sources(chosen) as sources:
        contract = sources.contract(topic)
        history = History(sources).read(topic)
    if not history:
        raise UnusableSetting(
            f"{topic} was never validated: run `python -m quality validate --topic {topic}` first."
        )
    summary = summarise(history)
    folder = output or Path("build/quality") / chosen.name
    written = write(summary, folder)
    if data_docs:
        from quality.report.data_docs import data_docs as render  # noqa: PLC0415 - slower

        put(folder, {"data-docs.html": render(summary, contract)})
    if as_json:
        print_json({"report": str(written), "verdict": summary.verdict.value.lower()})
    messages.print(f"report: {written}")
