"""What a module of typed records says of its deprecated fields: to whoever runs it, and to type checkers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.evolution.compatibility.paths import find_field
from contracts.evolution.compatibility.schema import Type
from contracts.folder.model import Deprecation
from contracts.generate.python import Names, attribute, quoted

_LONGEST_LINE = 110
_WRAPPED = 80


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A deprecated field of the module."""

    attribute: str
    words: str
    kind: str
    """Name of the class that type checkers take for the field's type; empty where they are told nothing."""
    mark: str
    """Name of the decorator that they know."""

    def typed(self, hint: str, names: Names) -> Iterator[str]:
        """Lines before the record's class: what type checkers see, of which nothing runs."""
        something = names.python("object")
        yield "if TYPE_CHECKING:"
        yield f"    from typing_extensions import deprecated as {self.mark}"
        yield ""
        yield f"    class {self.kind}:"
        yield f"        @{self.mark}("
        yield from self._wrapped("            ")
        yield "        )"
        yield f"        def __get__(self, record: {something}, owner: {something} = None) -> {hint}: ..."
        yield ""
        yield f"        def __set__(self, record: {something}, value: {hint}) -> None: ..."
        yield ""
        yield ""

    def decorator(self, names: Names) -> Iterator[str]:
        """Lines before those that make the class a dataclass: a person who reads the field is warned."""
        yield f"@{names.python('deprecates')}("
        yield f"    {quoted(self.attribute)},"
        yield from self._wrapped("    ")
        yield ")"

    def _wrapped(self, indent: str) -> list[str]:
        """The words as an argument, in as many literals as it takes to keep lines short."""
        whole = f"{indent}{quoted(self.words)},"
        if len(whole) <= _LONGEST_LINE:
            return [whole]
        *lines, last = textwrap.wrap(self.words, _WRAPPED, break_long_words=False)
        return [*(f"{indent}{quoted(f'{line} ')}" for line in lines), f"{indent}{quoted(last)},"]


def deprecated_fields(
    deprecated: Mapping[str, Deprecation], root: Type, names: Names
) -> dict[int, Deprecated]:
    """Those of the version `root`, by the identity of the field."""
    found = {name: field for name in deprecated if (field := find_field(root, name))}
    # Checkers know the constant by this name alone, and take no field that must be given for a descriptor.
    told = bool(found) and names.python("TYPE_CHECKING") == "TYPE_CHECKING"
    mark = names.free("deprecated")
    return {
        id(field): Deprecated(
            attribute=attribute(field.name),
            words=" ".join(deprecated[name].words(name).replace('"', "'").split()),
            kind=names.free(re.sub("[_.]", "", name.title())) if told and field.has_default else "",
            mark=mark,
        )
        for name, field in found.items()
    }
