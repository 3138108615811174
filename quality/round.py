"""One round of the watch: the window behind the last one, judged, published, and told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.log import Log
from contracts.model import Contract
from contracts.times import milliseconds
from quality import surroundings
from quality.alerts import Alerts
from quality.history import History
from quality.incidents import STALE, follow
from quality.judge import judge
from quality.places import Window
from quality.results import Incident, Origin, Validation
from quality.sources import Sources
from quality.spark import session
from quality.topics import at_most, find_window, going_on
from quality.window import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What a watch has to do next. `past` are the newest validations of the topic, oldest first."""

    window: Window
    past: Sequence[Validation]
    last: Validation | None
    """The watch's own validation before."""
    behind: int
    """Records that wait beyond the window."""
    stale: bool
    """Whether nothing new has come for longer than the contract allows, and no incident tells of it yet."""

    @property
    def untold(self) -> bool:
        """Whether somebody is still to be told of an incident."""
        return self.last is not None and any(not one.told for one in self.last.incidents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A validation whose incidents somebody was told of, and who did not take an alert, and why."""

    validation: Validation
    problems: tuple[str, ...]


def look(sources: Sources, log: Log, topic: str, *, begin: datetime, started: datetime, most: int) -> Next:
    """Find what is next on `topic`, watched since `started`; raises `PlatformError`.

    The first window of all begins with what arrived at `begin`; none has more than about `most` records.
    """
    past = History(sources, log).recent(topic)
    last = next((one for one in reversed(past) if one.origin is Origin.WATCH), None)
    if last:
        waiting = going_on(find_window(log, topic), last.window.slices)
    else:
        # Where it begins is in its slices: the windows that follow know no time either.
        waiting = replace(find_window(log, topic, begin), since=None)
    window = at_most(waiting, most)
    arrived = max((at for one in past if (at := one.portrait.last_arrival_at)), default=started)
    return Next(
        window=window,
        past=past,
        last=last,
        behind=waiting.span - window.span,
        stale=not window.span and _stale(sources.contract(topic), window, arrived, last),
    )


def judge_next(sources: Sources, log: Log, topic: str, asked: Next, alerts: Alerts) -> Told:
    """Judge what is next, publish it, and tell of incidents; raises `PlatformError`.

    It is published before anyone is told, and again with the same id once somebody was: a crash in between
    tells twice rather than never, under the same id of the incident.
    """
    contract, last = sources.contract(topic), asked.last
    around = surroundings.look(sources, log, asked.window, last.flow if last else None)
    writers, window = sources.writers(topic), asked.window
    with (
        session() as spark,
        read(spark, window, kafka=sources.kafka, writers=writers, reader=contract.newest.schema) as records,
    ):
        found = judge(sources, spark, window, records, around=around, past=asked.past, origin=Origin.WATCH)
    found = replace(found, incidents=follow(found, last.incidents if last else ()))
    publish = History(sources, log).publish
    publish(found)
    return tell(found, alerts, publish)


def tell(found: Validation, alerts: Alerts, publish: Callable[[Validation], None]) -> Told:
    """Tell of the incidents that nobody was told of; what was told is published, as the same validation."""
    after: list[Incident] = []
    problems: tuple[str, ...] = ()
    for one in found.incidents:
        # Where one is not taken, the others wait as well: they would meet the same.
        if not one.told and not problems:
            problems = alerts.tell(one, found)
            after.append(replace(one, told=not problems))
        else:
            after.append(one)
    told = replace(found, incidents=tuple(after))
    if told != found:
        publish(told)
    return Told(validation=told, problems=problems)


def _stale(contract: Contract, window: Window, arrived: datetime, last: Validation | None) -> bool:
    rule = next((rule for rule in contract.rules if rule.check == "freshness"), None)
    open_already = last is not None and any(
        one.kind == STALE and one.closed_at is None for one in last.incidents
    )
    if rule is None or open_already or window.asked_at is None:
        return False
    return window.asked_at - arrived > timedelta(milliseconds=milliseconds(rule.parameters["max"]))
