"""A few threads that call a function, so that one slow call holds up no other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers(Generic[Task, Result]):
    """Threads that end with the process: none is waited for, since each may hang in a call for a while."""

    def __init__(self, count: int, work: Callable[[Task], Result]) -> None:
        """Start `count` threads; `work` must not raise."""
        self._work = work
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Task, Result]] = queue.SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._run, name=f"worker-{number}", daemon=True).start()

    def submit(self, task: Task) -> None:
        """Have `task` worked on by the next free thread."""
        self._tasks.put(task)

    def result(self, within: float) -> tuple[Task, Result] | None:
        """Give the next task that was done, and its result; None when there is none within some seconds."""
        try:
            return self._results.get(timeout=max(0.0, within))
        except queue.Empty:
            return None

    def _run(self) -> None:
        while True:
            task = self._tasks.get()
            self._results.put((task, self._work(task)))
