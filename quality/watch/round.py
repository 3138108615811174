"""One round of the watch: the window behind the last one, judged, published, and its alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.folder.model import Contract
from contracts.process.times import milliseconds
from contracts.records.topic_weather_quality import Incident, Origin, Validation
from quality.history import History
from quality.judge.judge import judge
from quality.sources import Sources
from quality.watch.alerts import Alerts
from quality.watch.incidents import STALE, follow
from quality.window.extent import Window, beginning, find_window, rest_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the watch has to judge. `past` are the newest validations of the topic, oldest first."""

    window: Window
    past: Sequence[Validation]
    last: Validation | None
    """The watch's own validation before."""
    waiting: int
    """Records that wait behind the window."""
    stale: bool
    """Whether nothing new has come for longer than the contract allows, and no incident says so yet."""

    @property
    def unsent_alerts(self) -> bool:
        """Whether somebody has still to hear of an incident."""
        return self.last is not None and any(not one.told for one in self.last.incidents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A validation after its alerts, and who did not take one, and why."""

    validation: Validation
    problems: tuple[str, ...]


def find_task(sources: Sources, topic: str, *, begin: datetime, started: datetime, most: int) -> Task:
    """Find what to judge on `topic`, watched since `started`; raises `PlatformError`.

    The first window of all begins with what arrived at `begin`; none has more than about `most` records.
    """
    past = History(sources).recent(topic)
    last = next((one for one in reversed(past) if one.origin is Origin.WATCH), None)
    if last:
        available = rest_after(find_window(sources.log, topic), last.slices)
    else:
        # Where it begins is in its slices: the windows that follow know no time either.
        available = replace(find_window(sources.log, topic, begin), since=None)
    window = beginning(available, most)
    arrived = max((at for one in past if (at := one.last_arrival_at)), default=started)
    return Task(
        window=window,
        past=past,
        last=last,
        waiting=available.span - window.span,
        stale=not window.span and _stale(sources.contract(topic), window, arrived, last),
    )


def judge_task(sources: Sources, task: Task, alerts: Alerts) -> Outcome:
    """Judge the window, publish its validation, and send the alerts; raises `PlatformError`.

    It is published before anyone is alerted, and again with the same id after that: a crash in between sends
    an alert twice rather than never, under the same id of the incident.
    """
    last = task.last
    found = judge(sources, task.window, past=task.past, before=last, origin=Origin.WATCH)
    found = replace(found, incidents=follow(found, last.incidents if last else ()))
    publish = History(sources).publish
    publish(found)
    return send_alerts(found, alerts, publish)


def send_alerts(found: Validation, alerts: Alerts, publish: Callable[[Validation], None]) -> Outcome:
    """Alert of the incidents that nobody heard of; those that somebody took are published as such."""
    after: list[Incident] = []
    problems: tuple[str, ...] = ()
    for one in found.incidents:
        # Where one is not taken, the others wait as well: they would meet the same.
        if not one.told and not problems:
            problems = alerts.send(one, found)
            after.append(replace(one, told=not problems))
        else:
            after.append(one)
    sent = replace(found, incidents=tuple(after))
    if sent != found:
        publish(sent)
    return Outcome(validation=sent, problems=problems)


def _stale(contract: Contract, window: Window, arrived: datetime, last: Validation | None) -> bool:
    rule = next((rule for rule in contract.rules if rule.check == "freshness"), None)
    open_already = last is not None and any(
        one.kind == STALE and one.closed_at is None for one in last.incidents
    )
    if rule is None or open_already or window.asked_at is None:
        return False
    return window.asked_at - arrived > timedelta(milliseconds=milliseconds(rule.parameters["max"]))
