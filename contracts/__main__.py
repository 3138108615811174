"""`python -m contracts`."""

from contracts.cli import app, exit_code
from contracts.cli_support import run

run(app, exit_code)
