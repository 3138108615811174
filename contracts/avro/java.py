"""Changes a class of a Spark session's own Java process before it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any


def change_class(spark: Any, name: str, neighbour: str, change: Callable[[Any, Any], None]) -> None:
    """Define the class `name` anew, as `change` leaves it, by the Javassist that Spark brings.

    `change` gets the pool of classes, and the class out of it; `neighbour` is a class of the same package.
    Whatever Java or py4j says, and where the class is in use already, it stays as it is. A Java process is
    asked once for each class, however many sessions it has.
    """
    jvm = spark._jvm
    asked = f"weather-platform.changed.{name}"
    with suppress(Exception):
        if jvm.java.lang.System.setProperty(asked, "") is not None:
            return
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        classes = jvm.javassist.ClassPool(True)
        classes.appendClassPath(jvm.javassist.LoaderClassPath(loader))
        changed = classes.get(name)
        change(classes, changed)
        changed.toClass(loader.loadClass(neighbour))
