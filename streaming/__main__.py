"""Entry point of `python -m streaming`."""

from contracts.process.command_line import run
from streaming.cli import app

run(app)
