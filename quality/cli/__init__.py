"""The command line of quality: one file for each verb."""

from quality.cli.app import app, exit_code

__all__ = ["app", "exit_code"]
