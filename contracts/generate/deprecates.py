"""Generated records with deprecated fields: a person who reads one is warned, and nobody else."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def deprecates(name: str, text: str) -> Callable[[type[T]], type[T]]:
    """Decorate a slotted dataclass: to read the attribute `name` gives a `DeprecationWarning` of `text`.

    The methods of the record's own module and those of `dataclasses` read it in silence. To make a record, or
    to read another field, takes no longer than it did.
    """

    def change(record_type: type[T]) -> type[T]:
        silent = {record_type.__module__, "dataclasses"}
        slot = vars(record_type)[name]

        def get(record: Any) -> Any:
            if sys._getframe(1).f_globals.get("__name__") not in silent:
                warnings.warn(text, DeprecationWarning, stacklevel=2)
            return slot.__get__(record)

        # The slot sets itself, without a line of Python.
        setattr(record_type, name, property(get, slot.__set__))
        return record_type

    return change
