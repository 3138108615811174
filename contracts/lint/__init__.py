"""Whether a contract is written as the house writes contracts, so that every reader can rely on it."""

from contracts.evolution.compatibility.readable import Spot
from contracts.lint.rules import GUESS, RULES, LintRule
from contracts.lint.run import lint

__all__ = ["GUESS", "RULES", "LintRule", "Spot", "lint"]
