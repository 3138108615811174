"""`python -m producer`."""

from contracts.process.command_line import run
from producer.cli import app

run(app)
