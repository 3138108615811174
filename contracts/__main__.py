"""`python -m contracts`."""

from contracts.cli import app, exit_code
from contracts.process.command_line import run

run(app, exit_code)
