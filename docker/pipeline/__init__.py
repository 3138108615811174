"""`make pipeline`: walks real weather through every part of the platform and says what became of it."""

from pipeline.archive import write_archive, write_archive_behind
from pipeline.run import run

__all__ = ["run", "write_archive", "write_archive_behind"]
