"""Great Expectations' own page, Data Docs, on request: it holds counts alone and loads nothing.

As Great Expectations writes it, the page prints unexpected values raw and asks seven hosts for styles,
scripts and a picture. Here it gets counts alone, and whatever would load or run is cut, its looks with it.
Importing this takes seconds: it is imported only when the page is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lxml.html
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

from contracts.checks.rules import CHECKS
from contracts.folder.model import Contract
from contracts.records.topic_weather_quality import RuleResult
from quality.judge.published import expectation
from quality.report.summary import Summary

_CUT = frozenset(
    {"base", "form", "iframe", "img", "link", "meta", "object", "script", "style", "svg", "template"}
)
"""Elements that go with all that is in them."""
_HEAD = (
    '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)


def data_docs(summary: Summary, contract: Contract) -> str:
    """The page of the newest validation's rules that `contract` has and Great Expectations knows."""
    validation = summary.validation
    # Of our own expectations Great Expectations' pages know nothing.
    known = {rule.id: rule for rule in contract.rules if CHECKS[rule.check].exported}
    judged = [result for result in validation.rules if result.judged and result.id in known]
    kept = sum(result.kept for result in judged)
    found = ExpectationSuiteValidationResult(
        success=kept == len(judged),
        suite_name=contract.topic,
        results=[_result(result, *expectation(known[result.id])) for result in judged],
        statistics={
            "evaluated_expectations": len(judged),
            "successful_expectations": kept,
            "unsuccessful_expectations": len(judged) - kept,
            "success_percent": 100 * kept / len(judged) if judged else None,
        },
        meta={
            "great_expectations_version": validation.gx_version,
            "run_id": {
                "run_name": contract.topic,
                "run_time": validation.validated_at.isoformat(timespec="milliseconds"),
            },
            "batch_spec": {},
            "active_batch_definition": {"data_asset_name": contract.topic},
        },
    )
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(found)
    page = DefaultJinjaPageView().render(document)  # type: ignore[no-untyped-call]
    return _quiet(page)


def _result(result: RuleResult, kind: str, arguments: Mapping[str, Any]) -> Any:
    whole = result.evaluated <= 1 or result.observed is not None
    share = 100 * result.failed / result.evaluated if result.evaluated else 0.0
    counts = {
        "element_count": result.evaluated,
        "unexpected_count": result.failed,
        "unexpected_percent": share,
        "unexpected_percent_total": share,
        "unexpected_percent_nonmissing": share,
        "missing_count": 0,
        "missing_percent": 0.0,
        "partial_unexpected_list": [],
    }
    return ExpectationValidationResult(
        success=result.kept,
        expectation_config=ExpectationConfiguration(
            type=kind,
            kwargs={name: value for name, value in arguments.items() if value is not None},
            meta={},
        ),
        result={"observed_value": result.observed} if whole else counts,
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        meta={},
    )


def _quiet(page: str) -> str:
    """The page without what loads, runs or sends."""
    root = lxml.html.document_fromstring(page)
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag in _CUT:
            element.drop_tree()
            continue
        for name, value in element.items():
            if not _harmless(name, value):
                del element.attrib[name]
    root.head[:0] = lxml.html.fragments_fromstring(_HEAD)
    text: str = lxml.html.tostring(root, encoding="unicode", doctype="<!doctype html>")
    return text


def _harmless(name: str, value: str) -> bool:
    if name in {"href", "src", "action", "data-src"}:
        return value.startswith("#")
    return not name.startswith("on") and "url(" not in value.lower()
