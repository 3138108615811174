"""What a change of the contracts' folder means to everyone who writes or reads their topics."""

from contracts.review.base import Base, base_of
from contracts.review.compare import Review, TopicReview, review
from contracts.review.forms import FORMATS

__all__ = ["FORMATS", "Base", "Review", "TopicReview", "base_of", "review"]
