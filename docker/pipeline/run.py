"""The walk itself: services, contracts, producer, stream, quality, summary, in the order of the data."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from contracts.errors import ServiceFailed
from contracts.folder.product import Product
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Log, open_log
from contracts.kafka.settings import addresses
from embedded import Services, running_services
from pipeline.facts import Facts, ProductFacts, summary
from pipeline.memory import PeakMemory
from pipeline.parts import Part, PartFailed, stopping
from pipeline.tables import wait_for_tables
from pipeline.topics import count, end_offsets, writer_versions

_WAIT = "120"
"""Seconds that the stream waits for the services, which start beside it."""
_APPLY_WITHIN = 60.0
_PRODUCE_WITHIN = 300.0
_ASK_WITHIN = 120.0
_STREAM_IDLE_WITHIN = 120.0
_VALIDATE_WITHIN = 300.0
_LOOK_EVERY = 0.2
_END_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run happens: addresses, who gave them, and whose pids count as memory."""

    bootstrap_servers: str
    schema_registry_url: str
    services: str
    checkpoint: Path
    own: Services | None = None
    """The services that this run starts and stops itself."""
    pids: tuple[int, ...] = ()
    tables: Path | None = None
    """The folder of the tables, where it is not what the environment says."""

    @property
    def kafka(self) -> Kafka:
        """The broker, as the environment says that it lets us in."""
        return _kafka(self.bootstrap_servers, self.schema_registry_url)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses as the parts take them."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": self.schema_registry_url,
            **({"TABLES_WAREHOUSE": str(self.tables)} if self.tables else {}),
        }


@dataclass(frozen=True, slots=True)
class Published:
    """A product after the stream: what its producer said, and the seconds by stage so far."""

    product: Product
    source: str
    replay: bool
    seconds: dict[str, float]


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, in the order in which the stages ended; each is printed as it ends."""

    screen: Console
    began: float
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str, doing: str, seconds: dict[str, float] | None = None) -> Iterator[None]:
        """Time one stage, with a spinner while it lasts; noted in `seconds`, or in our own."""
        began = time.monotonic()
        with self.screen.status(f"{doing} …"):
            yield
        took = round(time.monotonic() - began, 1)
        (self.seconds if seconds is None else seconds)[name] = took
        self.done(doing, took)

    def done(self, what: str, took: float) -> None:
        """Say what is done, and the seconds that it took."""
        self.screen.print(f"[green]✓[/] {what} [dim]{took:.1f} s[/]")


def run(root: Path, products: Sequence[Product], *, setup_seconds: float, screen: Console) -> int:
    """Run `products` through the checkout at `root`, one after the other; writes `build/pipeline.json`.

    Returns the exit code. `setup_seconds` is what `make setup` took before. Raises `PlatformError` with the
    failing part's own sentence and exit code; whatever was started is stopped in every case.
    """
    watch = Stopwatch(screen, time.monotonic() - setup_seconds, {"setup": round(setup_seconds, 1)})
    place = _place(root)
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(PeakMemory())
        memory.include(place.pids)
        if place.own:
            stack.callback(place.own.stop)
        parts: list[Part] = []
        stack.enter_context(stopping(parts))
        walk = Walk(root, place, parts, watch)
        if _is_live():
            # What a key is worth is known in a second, and all that follows takes a minute.
            with screen.status("asking the weather service …"):
                for product in products:
                    walk.ask_the_service(product)
        with watch.stage("start", "broker, registry and contracts"):
            # All of Spark starts while the services do: a run spends most of its time starting.
            stream, quality = walk.stream(products[0]), walk.part("quality", "validate-each")
            if place.own:
                place.own.start()
            walk.part("contracts", "apply", "--json").finish(_APPLY_WITHIN)
        log = stack.enter_context(open_log(place.kafka))
        published: list[Published] = []
        for product in products:
            published.append(walk.publish(product, stream, log))
            quality.ask(product.name)
            # The next stream starts while this product is validated.
            if product is not products[-1]:
                stream = walk.stream(products[len(published)])
        # Spark starts anew, with Iceberg, while the last product is validated.
        writer = walk.tables(products)
        walks = [walk.validated(one, quality, log) for one in published]
        quality.finish(_END_WITHIN)
        with watch.stage("tables", "tables hold what the topics do"):
            tables = wait_for_tables(writer, products, log, place.environment)
            writer.stop()
    watch.seconds["total"] = round(time.monotonic() - watch.began, 1)
    facts = Facts(
        products={facts.product: facts for facts in walks},
        seconds=watch.seconds,
        peak_memory_mib=memory.mib,
        bootstrap_servers=place.bootstrap_servers,
        schema_registry_url=place.schema_registry_url,
        services=place.services,
        tables=tables,
    )
    facts.write(root / "build" / "pipeline.json")
    screen.print(summary(facts))
    return 1 if any(walk.verdict == "fail" for walk in walks) else 0


@dataclass(frozen=True, slots=True)
class Walk:
    """Takes products from their source to their report, by the parts' own command lines."""

    root: Path
    place: Place
    parts: list[Part]
    watch: Stopwatch

    def part(self, name: str, *arguments: str, called: str = "") -> Part:
        """Start one part; its log is `called` as it is, unless it has a name of its own."""
        logs = self.root / "build" / "logs"
        self.parts.append(Part(called or name, [name, *arguments], self.place.environment, self.root, logs))
        return self.parts[-1]

    def ask_the_service(self, product: Product) -> None:
        """See that the live service answers; raises `PartFailed` with its reason."""
        check = self.part("producer", "doctor", "--only", "key", "--json", "--product", product.name)
        found = check.finish(_ASK_WITHIN, allowed=frozenset(range(256)))
        if "ok" not in found:
            raise check.failure()
        if not found["ok"]:
            (failed,) = found["checks"]
            raise PartFailed(failed["text"], failed["exit_code"])

    def stream(self, product: Product) -> Part:
        """Start the stream of `product`; it waits for the services."""
        # It is over before the optimising compiler's work pays: without it, a run is 10 s shorter.
        return self.part(
            "streaming",
            "run",
            "--quick-start",
            "--json",
            *("--product", product.name),
            *("--wait", _WAIT),
            *("--checkpoint", str(self.place.checkpoint / product.name)),
        )

    def tables(self, products: Sequence[Product]) -> Part:
        """Start what keeps the tables of `products`; it goes on until it is stopped."""
        chosen = ["--product", products[0].name] if len(products) == 1 else []
        arguments = ("table", "--quick-start", "--json", *("--every", "1s"), *("--maintain-every", "0s"))
        return self.part("streaming", *arguments, *chosen, called="tables")

    def publish(self, product: Product, stream: Part, log: Log) -> Published:
        """Produce, and let the `stream` catch up."""
        seconds: dict[str, float] = {}
        with self.watch.stage("produce", f"{product.name} produced", seconds):
            producer = self.part("producer", *_producing(), "--product", product.name)
            produced = producer.finish(_PRODUCE_WITHIN)
        with self.watch.stage("stream", f"{product.name}: stream caught up", seconds):
            _catch_up(stream, log, product.raw.topic)
            stream.stop()
        return Published(product, str(produced["source"]), bool(produced["replay"]), seconds)

    def validated(self, published: Published, quality: Part, log: Log) -> ProductFacts:
        """Wait for the verdict of `quality` on what was published."""
        product, seconds = published.product, published.seconds
        doing = f"{product.name} validated, report written"
        with self.watch.screen.status(f"{doing} …"):
            judged = quality.answer(_VALIDATE_WITHIN)
        # Not how long we waited: it went on beside the next product's stream.
        seconds["validate"] = round(judged["seconds"], 1)
        self.watch.done(doing, seconds["validate"])
        return ProductFacts(
            product=product.name,
            records={one.topic: count(log, one.topic) for one in product.contracts[:3]},
            writer_versions=writer_versions(log, product.raw.topic),
            source=published.source,
            replay=published.replay,
            verdict=str(judged["verdict"]),
            report=judged["report"],
            seconds=seconds,
        )


def _place(root: Path) -> Place:
    """Services named by the environment, else those that `make up` left running, else our own."""
    build = root / "build"
    given = {name: os.environ.get(name, "") for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")}
    if all(given.values()):
        servers, url = given.values()
        return Place(
            bootstrap_servers=servers,
            schema_registry_url=url,
            services="environment",
            checkpoint=_checkpoint(build, servers, url),
        )
    if found := running_services(root):
        return Place(
            bootstrap_servers=found.bootstrap_servers,
            schema_registry_url=found.schema_registry_url,
            services="running",
            checkpoint=_checkpoint(build, found.bootstrap_servers, found.schema_registry_url),
            pids=found.pids,
        )
    scratch = build / "pipeline"
    shutil.rmtree(scratch, ignore_errors=True)
    own = Services(data_dir=scratch / "services", log_dir=build / "logs")
    return Place(
        bootstrap_servers=own.bootstrap_servers,
        schema_registry_url=own.schema_registry_url,
        services="embedded",
        checkpoint=scratch / "checkpoint",
        own=own,
        tables=(scratch / "tables").relative_to(root),
    )


def _checkpoint(build: Path, bootstrap_servers: str, schema_registry_url: str) -> Path:
    """A checkpoint holds offsets of one cluster, so it is kept under that cluster's identity."""
    with open_log(_kafka(bootstrap_servers, schema_registry_url)) as log:
        return build / "checkpoints" / log.cluster_id()


def _kafka(bootstrap_servers: str, schema_registry_url: str) -> Kafka:
    """The broker at this address, with the environment's settings of how it lets us in."""
    given = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers, "SCHEMA_REGISTRY_URL": schema_registry_url}
    return addresses(given=given).kafka


def _is_live() -> bool:
    return bool(os.environ.get("OPENWEATHERMAP_API_KEY"))


def _producing() -> list[str]:
    if _is_live():
        return ["poll", "--once", "--json"]
    return ["replay", "run", "--json"]


def _catch_up(stream: Part, log: Log, raw: str) -> None:
    """Wait until the stream has committed all that is on the topic `raw`."""
    goal = end_offsets(log, raw)
    seen: dict[int, int] = {}
    deadline = time.monotonic() + _STREAM_IDLE_WITHIN
    while any(seen.get(partition, 0) < offset for partition, offset in goal.items()):
        if not stream.running():
            raise ServiceFailed(f"the stream ended before it had caught up: see {stream.log}.")
        if time.monotonic() > deadline:
            where = f"{sum(seen.values())} of {sum(goal.values())}"
            raise ServiceFailed(f"the stream stands still at {where} records: see {stream.log}.")
        newest = {int(p): int(o) for p, o in stream.newest.get("end_offsets", {}).items()}
        if newest != seen:
            seen, deadline = newest, time.monotonic() + _STREAM_IDLE_WITHIN
        time.sleep(_LOOK_EVERY)
