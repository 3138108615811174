"""A first contract from what is there already: bodies of an API, a table, or the records of a topic."""

from contracts.propose.contract import Proposal, propose
from contracts.propose.samples import Sample, samples_in
from contracts.propose.topic import Newest, newest_on

__all__ = ["Newest", "Proposal", "Sample", "newest_on", "propose", "samples_in"]
