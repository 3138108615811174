"""The verdict as JUnit's XML, which build servers show: one case for each rule."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from contracts.records.topic_weather_quality import Severity
from quality.report import commands
from quality.report.summary import RuleLine, Summary
from quality.report.text import many, measured, number, shown, word
from quality.window.extent import place

_LONGEST = 300


def junit(summary: Summary) -> str:
    """A case for each rule; a broken rule of severity `critical` is a failure, another is output.

    A rule that could not be judged yet is skipped. Texts from data are `shown`, since XML cannot hold every
    character.
    """
    validation = summary.validation
    suite = ET.Element(
        "testsuite", name=shown(validation.topic), timestamp=validation.validated_at.isoformat()
    )
    _readable(suite, summary)
    for line in summary.rules:
        _rule(suite, summary, line)
    for name, element in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f".//{element}"))))
    suite.set("errors", "0")
    suite.set("time", f"{validation.seconds:.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _readable(suite: ET.Element, summary: Summary) -> None:
    validation = summary.validation
    case = _case(suite, summary, "every record can be read, and there is one")
    if validation.rows and not validation.unreadable:
        return
    where = "\n".join(shown(place(each)) for each in validation.unreadable_examples)
    message = f"{number(validation.rows)} read, {number(validation.unreadable)} unreadable"
    ET.SubElement(case, "failure", message=message, type="unreadable").text = where


def _rule(suite: ET.Element, summary: Summary, line: RuleLine) -> None:
    result = line.result
    case = _case(suite, summary, shown(result.id))
    asked, note = shown(line.text, _LONGEST), shown(result.note, _LONGEST)
    if line.state == "unjudged":
        ET.SubElement(case, "skipped", message=note or "could not be judged yet")
        return
    if result.kept:
        return
    found = f"{number(result.failed)} of {many(result.evaluated, 'record')} break it"
    if result.observed is not None:
        found = f"measured {measured(result.observed, shown(result.unit))}"
    message = f"{found}: {asked}"
    lines = [note, f"{line.state} failure, {many(line.in_a_row, 'validation')} in a row"]
    lines += [shown(place(each)) for each in result.examples]
    if result.examples:
        lines.append(commands.read(result.examples))
    where = "\n".join(line for line in lines if line)
    if result.severity is Severity.CRITICAL:
        ET.SubElement(case, "failure", message=message, type=word(result.severity)).text = where
    else:
        ET.SubElement(case, "system-out").text = f"{word(result.severity)}: {message}\n{where}"


def _case(suite: ET.Element, summary: Summary, name: str) -> ET.Element:
    seconds = summary.validation.seconds / (len(summary.rules) + 1)
    topic = shown(summary.validation.topic)
    return ET.SubElement(suite, "testcase", classname=topic, name=name, time=f"{seconds:.3f}")
