"""`python -m quality`."""

from contracts.process.command_line import run
from quality.cli import app, exit_code

run(app, exit_code)
