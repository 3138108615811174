"""Quality flags are counted by variable and by station, and the report shows them."""

from __future__ import annotations

import json
from dataclasses import replace

from pyspark.sql import Row

from contracts.folder.read import load_contracts
from contracts.records.topic_weather_quality import Station, VariableFlags
from quality.portrait.flags import NUMBERS, variable, variables, worth_a_look
from quality.report import summarise
from quality.report.document import document
from quality.report.flags import bad, columns, flagged_stations, together, total
from quality.report.page.page import LISTED_STATIONS, page
from tests.unit.quality import histories
from tests.unit.quality.samples import NOON

WIND = VariableFlags(name="wind", good=5, not_evaluated=4, suspect=3, fail=2, missing=1)


def totals(**given: int) -> Row:
    """What Spark counts: the flags of two variables, none but those given."""
    names = [f"{flag}.{name}" for flag in ("qc", "qc_wind") for name in NUMBERS]
    counts = {name: given.get(name.replace(".", "__"), 0) for name in names}
    return Row(*counts)(*counts.values())


def station(name: str, *found: VariableFlags) -> Station:
    return histories.station(name, None, NOON, variables=found)


def test_each_flag_of_the_contract_names_its_variable() -> None:
    flags = load_contracts()["topic-weather-final"].quality_flags
    assert [variable(flag) for flag in flags][:3] == ["overall", "temperature", "humidity"]


def test_flags_are_summed_over_all_rows_and_a_variable_without_any_is_left_out() -> None:
    rows = [totals(qc_wind__good=3, qc_wind__fail=1), totals(qc_wind__good=2, qc_wind__missing=7)]
    assert variables(rows, ["qc", "qc_wind"]) == (VariableFlags(name="wind", good=5, fail=1, missing=7),)
    assert variables([], ["qc", "qc_wind"]) == ()
    assert variables(rows, []) == ()


def test_a_station_lists_only_variables_that_are_worth_a_look() -> None:
    plain = VariableFlags(name="humidity", good=5, not_evaluated=4)
    some = [VariableFlags(name=name, **{name: 1}) for name in ("suspect", "fail", "missing")]
    assert worth_a_look([plain, *some]) == tuple(some)


def test_values_are_counted_together_without_the_overall_flag() -> None:
    overall = replace(WIND, name="overall")
    counted = {"fail": 4, "suspect": 6, "missing": 2, "not_evaluated": 8, "good": 10}
    assert together([overall, WIND, replace(WIND, name="humidity")]) == counted
    assert total(WIND) == 15
    assert bad(WIND) == ["2 failed", "3 suspect", "1 missing"]


def test_the_stations_with_the_most_failed_values_come_first_and_good_ones_not_at_all() -> None:
    failed = station("failed", VariableFlags(name="wind", fail=1))
    suspect = station("suspect", VariableFlags(name="humidity", suspect=9), VariableFlags(name="wind"))
    missing = station("missing", VariableFlags(name="wind", missing=99))
    assert flagged_stations([station("good"), missing, suspect, failed]) == [failed, suspect, missing]
    assert columns([failed, suspect, missing]) == ["wind", "humidity"]


def test_the_page_shows_flags_by_variable_and_by_station() -> None:
    text = " ".join(page(summarise(histories.failing())).split())
    assert '<h2 id="flags">Flags by variable</h2>' in text
    assert "Values: 4 failed, 20 suspect, 115 missing, 26 114 not evaluated" in text
    assert "1 failed<br>1 suspect" in text


def test_the_page_says_how_many_flagged_stations_it_leaves_out() -> None:
    flagged = [
        station(f"S{at}", VariableFlags(name="wind", fail=at + 1)) for at in range(LISTED_STATIONS + 2)
    ]
    text = page(summarise([histories.full(stations=flagged)]))
    assert f"The {LISTED_STATIONS} stations with the most failed values are listed; 2 more have some." in text


def test_a_report_on_records_without_flags_has_no_part_for_them() -> None:
    summary = summarise(histories.older())
    assert "Flags by variable" not in page(summary)
    assert json.loads(document(summary))["variables"] == []


def test_the_json_tells_flags_by_variable_and_by_station() -> None:
    told = json.loads(document(summarise(histories.failing())))
    humidity = {
        "name": "humidity",
        "good": 26_091,
        "not_evaluated": 0,
        "suspect": 20,
        "fail": 3,
        "missing": 0,
    }
    assert humidity in told["variables"]
    assert [one["name"] for one in told["stations"][0]["variables"]] == ["overall", "humidity", "wind"]
