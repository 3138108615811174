"""`python -m quality`."""

from contracts.cli_support import run
from quality.cli import app, exit_code

run(app, exit_code)
