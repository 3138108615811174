"""A small registry that answers as Karapace, Confluent's or Apicurio does, where they differ.

What each answers was seen on Karapace 5.0.3 and Apicurio Registry 3.3.3, both running. Confluent's could not
be run: its answers are by its sources (schema-registry 8.5, `rest/resources`, `rest/exceptions/Errors.java`).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

Json = Any


def _sorted_keys(schema: Json) -> Json:
    return json.loads(json.dumps(schema, sort_keys=True))


def _as_java_writes(schema: Json) -> Json:
    """As Avro's Java library prints a schema: `Schema.toString`."""
    if isinstance(schema, list):
        return [_as_java_writes(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {("order", "ascending"), ("doc", None), ("namespace", None)}
    kept = {k: v for k, v in schema.items() if isinstance(v, (list, dict)) or (k, v) not in dropped}
    if not kept.get("aliases", True):
        del kept["aliases"]
    return {k: v if k in ("default", "aliases") else _as_java_writes(v) for k, v in kept.items()}


def _without_docs(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_without_docs(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    enum = schema.get("type") == "enum"
    kept = {k: v for k, v in schema.items() if k not in ("doc", "aliases") and not (enum and k == "default")}
    return {k: v if k == "default" else _without_docs(v) for k, v in _as_java_writes(kept).items()}


@dataclass(frozen=True)
class Dialect:
    """How a registry answers."""

    no_endpoint: bytes
    """Body of the 404 for a path that it does not serve."""
    lacks: tuple[str, ...] = ()
    """Methods and paths that others serve."""
    guids: bool = False
    tells_versions_of_a_deleted_subject: bool = True
    stores: Callable[[Json], Json] = _as_java_writes
    tells_apart: Callable[[Json], Json] = _as_java_writes
    """Schemas that are equal after this are one to it: the second gets the id of the first."""


_GUIDS = r"GET /schemas/guids/[^/]+"
KARAPACE = Dialect(
    no_endpoint=b'"Not Found"',
    lacks=(r"POST /compatibility/subjects/[^/]+/versions", r"GET /schemas/ids/\d+/subjects", _GUIDS),
    stores=_sorted_keys,
    tells_apart=_sorted_keys,
)
CONFLUENT = Dialect(
    no_endpoint=b'{"error_code":404,"message":"HTTP 404 Not Found"}',
    lacks=(r"GET /schemas/ids/(21474836(4[89]|[5-9]\d)|214748[4-9]\d{3}|2[2-9]\d{8}|[34]\d{9})(/.*)?",),
    guids=True,
)
APICURIO = Dialect(
    no_endpoint=b"", lacks=(_GUIDS,), tells_versions_of_a_deleted_subject=False, tells_apart=_without_docs
)


@dataclass
class Row:
    version: int
    id: int
    text: str
    kind: str
    references: list[dict[str, Any]]
    deleted: bool = False

    @property
    def guid(self) -> str:
        return str(UUID(bytes=hashlib.md5(self.text.encode()).digest()))  # as Confluent's Schema.getGuid

    def told(self, guids: bool) -> dict[str, Any]:
        more = {} if self.kind == "AVRO" else {"schemaType": self.kind}
        return {"schema": self.text, "references": self.references, **more} | (
            {"guid": self.guid} if guids else {}
        )


@dataclass
class Store:
    """What the registry holds, and what it was asked."""

    dialect: Dialect
    subjects: dict[str, list[Row]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    breaks: set[int] = field(default_factory=set)
    """Versions that no new schema is compatible with."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def key(self, body: dict[str, Any]) -> str:
        text, kind = body["schema"], body.get("schemaType", "AVRO")
        schema = self.dialect.tells_apart(json.loads(text)) if kind == "AVRO" else text
        return json.dumps([kind, schema, body.get("references") or []], sort_keys=True)

    def register(self, subject: str, body: dict[str, Any]) -> int:
        rows, key = self.subjects.setdefault(subject, []), self.key(body)
        schema_id = self.ids.setdefault(key, len(self.ids) + 1)
        if not any(row.id == schema_id and not row.deleted for row in rows):
            kind = body.get("schemaType", "AVRO")
            text = body["schema"]
            if kind == "AVRO":
                text = json.dumps(self.dialect.stores(json.loads(text)), separators=(",", ":"))
            rows.append(Row(len(rows) + 1, schema_id, text, kind, body.get("references") or []))
        return schema_id

    def live(self, subject: str) -> list[Row]:
        return [row for row in self.subjects.get(subject, []) if not row.deleted]

    def rows(self, deleted: bool) -> Iterator[tuple[str, Row]]:
        for subject, rows in self.subjects.items():
            yield from ((subject, row) for row in rows if deleted or not row.deleted)


Answer = tuple[int, Any]


def _unknown(what: str, code: int) -> Answer:
    return 404, {"error_code": code, "message": f"{what} not found."}


def _answer(store: Store, method: str, path: str, deleted: bool, body: dict[str, Any]) -> Answer | None:
    """The answer to a request; None where there is no such endpoint."""
    if any(re.fullmatch(pattern, f"{method} {path}") for pattern in store.dialect.lacks):
        return None
    match method, *(unquote(part) for part in path.strip("/").split("/")):
        case "GET", "subjects":
            return 200, list(dict.fromkeys(subject for subject, _ in store.rows(deleted)))
        case "GET", "subjects", subject, "versions":
            found = store.subjects.get(subject, []) if deleted else store.live(subject)
            return (200, [row.version for row in found]) if found else _unknown(subject, 40401)
        case "GET", "subjects", subject, "versions", number:
            hidden = not store.live(subject) and not store.dialect.tells_versions_of_a_deleted_subject
            rows = [] if hidden else store.subjects.get(subject, []) if deleted else store.live(subject)
            fitting = rows[-1:] if number == "latest" else [r for r in rows if str(r.version) == number]
            if not fitting:
                return _unknown(number, 40402 if rows else 40401)
            row = fitting[0]
            about = {"subject": subject, "version": row.version, "id": row.id}
            return 200, {**about, **row.told(store.dialect.guids)}
        case "POST", "subjects", subject, "versions":
            made = store.register(subject, body)
            guids = {row.guid for row in store.live(subject) if row.id == made and store.dialect.guids}
            return 200, {"id": made, **({"guid": guids.pop()} if guids else {})}
        case "POST", "subjects", subject:
            rows = store.subjects.get(subject, []) if deleted else store.live(subject)
            known = [row for row in rows if row.id == store.ids.get(store.key(body))]
            if not known:
                return _unknown("Schema", 40403 if rows else 40401)
            row = known[0]
            about = {"subject": subject, "version": row.version, "id": row.id}
            return 200, {**about, **row.told(store.dialect.guids)}
        case "DELETE", "subjects", subject, *rest:
            gone = [row for row in store.live(subject) if not rest or str(row.version) == rest[-1]]
            for row in gone:
                row.deleted = True
            return 200, [row.version for row in gone]
        case "GET", "schemas", "ids", number, *rest:
            holders = [(s, r) for s, r in store.rows(not rest or deleted) if str(r.id) == number]
            if not holders:
                return _unknown("Schema", 40403)
            told = (
                [s for s, _ in holders] if rest == ["subjects"] else holders[0][1].told(store.dialect.guids)
            )
            versions = [{"subject": s, "version": r.version} for s, r in holders]
            return 200, versions if rest == ["versions"] else told
        case "GET", "schemas", "guids", guid:
            by_guid = [row for _, row in store.rows(True) if row.guid == guid]
            return (200, by_guid[0].told(True)) if by_guid else _unknown("Schema", 40403)
        case "GET", "config", subject:
            mode = store.modes.get(subject)
            return (200, {"compatibilityLevel": mode}) if mode else _unknown(subject, 40408)
        case "GET", "config":
            return 200, {"compatibilityLevel": "BACKWARD"}
        case "PUT", "config", subject:
            store.modes[subject] = body["compatibility"]
            return 200, body
        case "POST", "compatibility", "subjects", subject, "versions", *rest:
            versions_there = [row.version for row in store.live(subject)]
            if not versions_there:
                return _unknown(subject, 40401)
            held = (
                versions_there if not rest else versions_there[-1:] if rest == ["latest"] else [int(rest[0])]
            )
            return 200, {"is_compatible": not store.breaks & set(held)}
    return None


@contextmanager
def registry(dialect: Dialect) -> Iterator[Store]:
    """A registry of that kind on a port of its own."""
    store = Store(dialect)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            split = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            deleted = parse_qs(split.query).get("deleted", ["false"])[0].lower() == "true"
            store.asked.append(f"{self.command} {split.path}")
            answer = _answer(store, self.command, split.path, deleted, body)
            status, told = answer or (404, None)
            content = json.dumps(told).encode() if answer else dialect.no_endpoint
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        store.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield store
        finally:
            server.shutdown()
