"""Entry point of `python -m streaming`."""

from contracts.cli_support import run
from streaming.cli import app

run(app)
