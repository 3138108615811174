"""The verdict as JUnit's XML, which build servers show: one case for each rule."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from contracts.model import Severity
from contracts.rules import definition
from quality.report.facts import Facts
from quality.report.text import number


def junit(facts: Facts) -> str:
    """A case for each rule; a broken rule of severity `critical` is a failure, another is output."""
    validation = facts.validation
    suite = ET.Element(
        "testsuite", name=validation.window.topic, timestamp=validation.validated_at.isoformat()
    )
    failures = [
        _readable(suite, facts),
        *(_rule(suite, facts, place) for place in range(len(validation.rules))),
    ]
    suite.set("tests", str(len(failures)))
    suite.set("failures", str(sum(failures)))
    suite.set("time", f"{validation.seconds:.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _readable(suite: ET.Element, facts: Facts) -> bool:
    validation = facts.validation
    case = _case(suite, facts, "every record can be read, and there is one")
    if validation.rows and not validation.unreadable:
        return False
    where = "\n".join(str(place) for place in validation.unreadable_examples)
    message = f"{number(validation.rows)} read, {number(validation.unreadable)} unreadable"
    ET.SubElement(case, "failure", message=message, type="unreadable").text = where
    return True


def _rule(suite: ET.Element, facts: Facts, place: int) -> bool:
    result = facts.validation.rules[place]
    case = _case(suite, facts, result.id)
    if not result.broken:
        return False
    rule = next((rule for rule in facts.contract.rules if rule.id == result.id), None)
    asked = f": {definition(rule, facts.contract.newest.schema)}" if rule else ""
    message = f"{number(result.failed)} of {number(result.evaluated)} break it{asked}"
    where = "\n".join(str(example) for example in result.examples)
    if result.severity is Severity.CRITICAL:
        ET.SubElement(case, "failure", message=message, type=result.severity.value).text = where
        return True
    ET.SubElement(case, "system-out").text = f"{result.severity.value}: {message}\n{where}".rstrip()
    return False


def _case(suite: ET.Element, facts: Facts, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=facts.validation.window.topic, name=name)
