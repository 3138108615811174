"""How long the judging rests on a machine that is busy with other work.

A low priority alone does not keep it out of the way: on two busy cores, a child of the lowest one still costs
the stream up to a quarter. It takes a core whenever the stream waits for a moment, and gives it back late.
"""

from __future__ import annotations

import threading

import psutil

_BUSY = 0.75
_LOOK_FOR = 1.0
TIMES = 5.0
"""How many times longer it rests than it judges: it costs up to a quarter for a sixth of the time, so 4 %."""


def rest(judged: float, used: float) -> float:
    """Seconds to rest after `judged` seconds of judging, when the part `used` of the machine is at work."""
    return judged * TIMES if used > _BUSY else 0.0


def busy(stop: threading.Event) -> float:
    """The part of all processors' time that is used within the next second, or until `stop`."""
    psutil.cpu_percent()
    stop.wait(_LOOK_FOR)
    return float(psutil.cpu_percent()) / 100
