"""Avro contracts of the weather topics, and the tools that keep every producer and consumer safe.

The names here are loaded when they are first used: a consumer needs confluent-kafka and fastavro only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contracts.avro.decode import Decoder, Undecodable
    from contracts.consume import Message, Poison
    from contracts.errors import PlatformError
    from contracts.folder.model import Contract, Mode, Rule, Severity, Version
    from contracts.folder.read import load_contract, load_contracts
    from contracts.kafka.cluster import Kafka
    from contracts.registry.registry import Registry, SchemaRegistry, connect

_HOMES = {
    "Contract": "folder.model",
    "Decoder": "avro.decode",
    "Kafka": "kafka.cluster",
    "Message": "consume",
    "Mode": "folder.model",
    "PlatformError": "errors",
    "Poison": "consume",
    "Registry": "registry.registry",
    "Rule": "folder.model",
    "SchemaRegistry": "registry.registry",
    "Severity": "folder.model",
    "Undecodable": "avro.decode",
    "Version": "folder.model",
    "connect": "registry.registry",
    "load_contract": "folder.read",
    "load_contracts": "folder.read",
}

__all__ = [
    "Contract",
    "Decoder",
    "Kafka",
    "Message",
    "Mode",
    "PlatformError",
    "Poison",
    "Registry",
    "Rule",
    "SchemaRegistry",
    "Severity",
    "Undecodable",
    "Version",
    "connect",
    "load_contract",
    "load_contracts",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"contracts.{_HOMES[name]}"), name)
