"""The contracts as web pages for people: static, self-contained, without scripts."""

from contracts.catalogue.facts import Example, Facts, facts
from contracts.catalogue.pages import pages

__all__ = ["Example", "Facts", "facts", "pages"]
