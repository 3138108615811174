"""The command line of the contracts: one file for each verb."""

from contracts.cli.app import app, exit_code

__all__ = ["app", "exit_code"]
