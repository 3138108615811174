"""A small HTTP server: `/metrics` for Prometheus, `/status` for `streaming status`, `/healthz` for checks."""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from contracts.errors import PortTaken, UnusableSetting

_SLOW_CLIENT = 10.0
_LOOK_FOR_END_EVERY = 0.1

Answer = tuple[int, str, bytes]
"""Status code, content type and body."""


class Server:
    """Serves in threads of its own until `close`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        metrics: Collector,
        status: Callable[[], Mapping[str, Any]],
        trouble: Callable[[], str | None],
    ) -> None:
        """Listen at `host` and `port`, 0 for a free one; raises `PortTaken` or `UnusableSetting`."""
        registry = CollectorRegistry()
        registry.register(metrics)
        self._metrics, self._status, self._trouble = registry, status, trouble
        self._server = _listen(host, port, self.answer)
        # A server on all addresses is reached at this machine's own.
        own = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        self.url = f"http://{own}:{self._server.server_address[1]}"
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=[_LOOK_FOR_END_EVERY], name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, accepts: str) -> Answer:
        """The answer to a request for `path`; `accepts` is the client's header."""
        if path == "/metrics":
            encode, kind = choose_encoder(accepts)
            return 200, kind, encode(self._metrics)
        if path == "/status":
            return _json(200, self._status())
        if path == "/healthz":
            trouble = self._trouble()
            return _json(503 if trouble else 200, {"well": trouble is None, "trouble": trouble})
        return _json(404, {"paths": ["/metrics", "/status", "/healthz"]})


def _json(code: int, value: Mapping[str, Any]) -> Answer:
    return code, "application/json; charset=utf-8", json.dumps(value).encode() + b"\n"


def _listen(host: str, port: int, answer: Callable[[str, str], Answer]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SLOW_CLIENT

        def do_GET(self) -> None:
            code, kind, body = answer(urlsplit(self.path).path, self.headers.get("Accept", ""))
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    class OwnServer(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def server_bind(self) -> None:
            # The library asks the network for this machine's name, which may take long.
            TCPServer.server_bind(self)
            self.server_name, self.server_port = host, self.server_address[1]

        def handle_error(self, *_: Any) -> None:
            """Ignore a client that leaves early."""

    try:
        return OwnServer((host, port), Handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} of {host} is taken: give another --metrics-port, or none for a free one."
            ) from None
        raise UnusableSetting(
            f"nothing can listen at {host}, port {port} ({error.strerror}): give another --metrics-host or "
            "--metrics-port."
        ) from None
