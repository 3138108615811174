"""A real Spark cluster on this machine: a standalone master, and two workers of one core each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyspark
import pytest
import requests

from embedded.java import spark_java_home
from embedded.ports import LOOPBACK, free_ports

HOME = Path(pyspark.__file__).parent
_STARTS_WITHIN = 120.0
_LOOK_EVERY = 0.2
_WORKERS = 2
_EXECUTOR = "CoarseGrainedExecutorBackend"


@dataclass(frozen=True)
class Cluster:
    """Where the master is, and the processes of its workers."""

    url: str
    status: str
    """Address of the master's state as JSON."""
    workers: tuple[psutil.Popen, ...]

    def state(self) -> dict[str, Any]:
        """What the master knows: workers, and running and ended applications."""
        found: dict[str, Any] = requests.get(self.status, timeout=10).json()
        return found

    def executors(self) -> list[psutil.Process]:
        """The executors' processes, on both workers."""
        children = [child for worker in self.workers for child in worker.children(recursive=True)]
        return [child for child in children if _EXECUTOR in _command_line(child)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]) -> Iterator[Cluster]:
    """Start master and workers; all of their processes are gone at the end."""
    folder = tmp_path_factory.mktemp("cluster")
    port, page = free_ports(2)
    url = f"spark://{LOOPBACK}:{port}"
    started: list[psutil.Popen] = []

    def start(name: str, role: str, *arguments: str) -> psutil.Popen:
        with (folder / f"{name}.log").open("wb") as log:
            started.append(
                psutil.Popen(
                    [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **environment(), "SPARK_DAEMON_MEMORY": "256m"},
                    start_new_session=True,
                )
            )
        return started[-1]

    try:
        listen = ["--host", LOOPBACK]
        start("master", "master.Master", *listen, "--port", str(port), "--webui-port", str(page))
        size = ["--cores", "1", "--memory", "1g", "--webui-port", "0"]
        workers = [
            start(
                f"worker-{n}", "worker.Worker", *listen, *size, "--work-dir", str(folder / f"work-{n}"), url
            )
            for n in range(_WORKERS)
        ]
        made = Cluster(url, f"http://{LOOPBACK}:{page}/json/", tuple(workers))
        _wait_for_workers(made, folder)
        real_part(f"Spark {pyspark.__version__} standalone, master and {_WORKERS} workers, {url}")
        yield made
    finally:
        family = [process for parent in started for process in (parent, *_children(parent))]
        for process in family:
            _kill(process)
        psutil.wait_procs(family, timeout=30)


def environment() -> dict[str, str]:
    """What Spark's own scripts need of the environment here."""
    java = os.environ.get("JAVA_HOME") or str(spark_java_home())
    return {"JAVA_HOME": java, "SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": LOOPBACK}


def _wait_for_workers(cluster: Cluster, logs: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            if cluster.state()["aliveworkers"] == _WORKERS:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            told = "\n".join(log.read_text(errors="replace")[-1000:] for log in sorted(logs.glob("*.log")))
            pytest.fail(f"the cluster was not up within {_STARTS_WITHIN:.0f} s:\n{told}")
        time.sleep(_LOOK_EVERY)


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # gone, or about to be
        return ""


def _children(process: psutil.Popen) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
