"""Whether a contract is written as the house writes contracts, so that every reader can rely on it."""

from contracts.evolution.compatibility.readable import Spot
from contracts.lint.rules import RULES, LintRule
from contracts.lint.run import lint

__all__ = ["RULES", "LintRule", "Spot", "lint"]
