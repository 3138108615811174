"""The command line of the producer: one file for each verb."""

from producer.cli.app import app

__all__ = ["app"]
