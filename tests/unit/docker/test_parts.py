from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.errors import ServiceFailed
from pipeline.parts import Part, PartFailed, stopping

ANSWERS = """
import json, sys
for line in sys.stdin:
    if line.strip() == "end":
        sys.exit("error: enough.")
    if line.strip() != "nothing":
        print(json.dumps({"to": line.strip()}), flush=True)
"""


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Callable[[], Part]]:
    (tmp_path / "answers.py").write_text(ANSWERS, encoding="utf-8")
    parts: list[Part] = []

    def start() -> Part:
        parts.append(Part("answers", ["answers"], {}, tmp_path, tmp_path / "logs"))
        return parts[-1]

    with stopping(parts):
        yield start


def test_a_part_answers_what_it_is_asked_in_turn_and_ends_with_its_input(part: Callable[[], Part]) -> None:
    answers = part()
    answers.ask("air")
    answers.ask("weather")
    assert [answers.answer(30), answers.answer(30)] == [{"to": "air"}, {"to": "weather"}]
    assert answers.finish(30) == {"to": "weather"}


def test_a_part_that_ends_instead_of_an_answer_has_the_last_word(part: Callable[[], Part]) -> None:
    answers = part()
    answers.ask("end")
    with pytest.raises(PartFailed, match=r"answers: enough\."):
        answers.answer(30)
    answers.ask("air")


def test_an_answer_that_does_not_come_is_a_failure_in_time(part: Callable[[], Part]) -> None:
    answers = part()
    answers.ask("nothing")
    with pytest.raises(ServiceFailed, match="no answer within"):
        answers.answer(0.2)
