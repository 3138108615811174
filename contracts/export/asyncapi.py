"""A topic as an AsyncAPI document, version 3.0 (asyncapi.com): who sends to it, who receives what.

The document names no servers: where broker and registry are is a setting of whoever connects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from contracts.checks.rules import definition
from contracts.evolution.compatibility import parse
from contracts.folder.docs import docs_of
from contracts.folder.model import Contract, Role, Version

Node = dict[str, Any]

API_VERSION = "3.0.0"
AVRO = "application/vnd.apache.avro;version=1.9.0"
"""AsyncAPI's name for the format of a schema in Avro."""
CONTENT = "application/avro"

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_KAFKA = {"bindingVersion": "0.5.0"}


def application(contract: Contract) -> Node:
    """A channel with a message for each version of the contract: its owner sends, its consumers receive."""
    about_role = docs_of(Role)[contract.role.name] if contract.role else contract.description
    tags = [{"name": contract.product}] if contract.product else []
    if contract.role:
        tags.append({"name": contract.role.value, "description": about_role})
    return {
        "asyncapi": API_VERSION,
        "info": {
            "title": contract.topic,
            "version": str(contract.newest.number),
            "description": contract.description,
            "contact": {"name": contract.owner},
            **({"tags": tags} if tags else {}),
        },
        "defaultContentType": CONTENT,
        "channels": {contract.topic: _channel(contract)},
        "operations": {
            "send": {
                **_operation("send", contract, contract.newest),
                "title": f"{contract.owner} sends",
                "summary": about_role,
            },
            **{
                f"receive-{consumer.name}": {
                    **_operation("receive", contract, *contract.versions),
                    "title": f"{consumer.name} receives",
                    "summary": f"{consumer.owner} reads {', '.join(consumer.reads)}.",
                }
                for consumer in contract.consumers
            },
        },
    }


def _channel(contract: Contract) -> Node:
    derived = {"x-derived-from": contract.derived_from} if contract.derived_from else {}
    rules = {
        rule.id: f"A record is right when {definition(rule, contract.newest.schema)}."
        for rule in contract.rules
    }
    return {
        "address": contract.topic,
        "description": contract.description,
        "messages": {_label(version): _message(contract, version) for version in contract.versions},
        "bindings": {
            "kafka": {
                "topic": contract.topic,
                "topicConfiguration": _configuration(contract.created_with),
                **_KAFKA,
            }
        },
        "x-subject": contract.subject,
        "x-compatibility": contract.mode.value,
        **derived,
        **({"x-rules": rules} if rules else {}),
    }


def _configuration(settings: Mapping[str, str]) -> Node:
    """Kafka's settings of a topic with AsyncAPI's types: whole numbers as such, and policies as a list."""
    typed: Node = {name: int(value) if _WHOLE.fullmatch(value) else value for name, value in settings.items()}
    policies = typed.get("cleanup.policy")
    return {**typed, "cleanup.policy": str(policies).split(",")} if policies else typed


def _message(contract: Contract, version: Version) -> Node:
    root = parse(version.schema)
    key = {"key": {"type": "string", "description": f"The record's {contract.key}."}} if contract.key else {}
    return {
        "name": root.name,
        "title": f"{root.name}, {_label(version)}",
        "summary": str(root.attributes.get("doc") or contract.description),
        "contentType": CONTENT,
        "payload": {"schemaFormat": AVRO, "schema": version.schema},
        "bindings": {
            "kafka": {
                **key,
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "TopicNameStrategy",
                **_KAFKA,
            }
        },
    }


def _operation(action: str, contract: Contract, *versions: Version) -> Node:
    channel = f"#/channels/{contract.topic}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_label(version)}"} for version in versions],
    }


def _label(version: Version) -> str:
    return f"v{version.number}"
