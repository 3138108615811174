"""`python -m streaming package`: what `spark-submit` needs to run the stream on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.process.command_line import messages, print_json

_SHOWN = """\
spark-submit --master spark://HOST:7077 \\
    --packages {packages} \\
    --py-files {archive} {script} run --checkpoint /a/disk/that/stays"""


def package(
    to: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("build/cluster"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the files as one JSON object on stdout.")
    ] = False,
) -> None:
    """Pack code and contracts for `spark-submit`: a zip for --py-files, and the script to submit.

    The zip holds the contracts as they are now: pack again after a change. The driver's Python needs
    the dependencies (`pip install 'weather-platform[streaming]'`); the executors need no Python.
    """
    import pyspark  # noqa: PLC0415 - `--help` needs no Spark

    from streaming.package import coordinates  # noqa: PLC0415
    from streaming.package import package as pack  # noqa: PLC0415

    packed = pack(to)
    packages = coordinates(pyspark.__version__)
    if as_json:
        print_json({"archive": str(packed.archive), "script": str(packed.script), "packages": packages})
        return
    messages.print(f"wrote {packed.archive} and {packed.script}. Submit them so:\n")
    print(_SHOWN.format(packages=packages, archive=packed.archive, script=packed.script))
