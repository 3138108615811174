"""`python -m producer`."""

from contracts.cli_support import run
from producer.cli import app

run(app)
