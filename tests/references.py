"""What published libraries make of the same weather: the values that our own are held against.

    python -m venv build/references && build/references/bin/pip install \\
        metpy==1.7.1 thermofeel==2.3.0 pvlib==0.16.1 heatindex==0.0.2 ioos-qc==3.0.0
    build/references/bin/python -m tests.references

The libraries are no dependencies of the project: the script runs in an environment of its own and writes
`references.json` beside it, which the tests read. Each table has columns that are inputs, by the names of our
fields, and columns that a library made of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
LIBRARIES = ("metpy", "thermofeel", "pvlib", "heatindex", "ioos-qc")

HOUR = 3600
"""Seconds."""
Limits = Mapping[str, tuple[float, float]]
GROSS: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "humidity": ((0.01, 104), (1, 100)),
    "station_pressure": ((300, 1100), (400, 1080)),
}
"""Field to what is possible, and what is plausible."""
STEPS: Limits = {
    "temperature": (8, 19.4),
    "dew_point": (12, 19.4),
    "pressure": (5, 10),
    "wind_speed": (15, 25),
}
SPIKES: Limits = {"temperature": (5, 10), "pressure": (2, 5)}
STUCK: Mapping[str, tuple[int, int]] = {"temperature": (18, 24), "pressure": (12, 24), "wind_speed": (12, 24)}
"""Field to the limits beyond which a change in an hour, or a run of hours, is suspect, and fails."""

Table = dict[str, list[Any]]
"""Name of a column to its values."""


def columns(names: str, rows: Sequence[Sequence[float]]) -> Table:
    """Rows as a table of their columns."""
    return {name: list(values) for name, values in zip(names.split(), zip(*rows, strict=True), strict=True)}


def by_metpy_and_heatindex() -> Table:
    """Moisture; wet bulbs of air that is not frozen, since heatindex takes humidity over ice below."""
    import heatindex
    import metpy.calc as mpcalc
    import numpy as np
    from metpy.units import units

    states = list(product(range(-40, 51, 5), (5, 10, 30, 50, 70, 90, 100), (650, 850, 1013.25)))
    table = columns("temperature humidity station_pressure", states)
    t, rh, p = (np.array(values, dtype=float) for values in table.values())
    air, damp, pressure = t * units.degC, rh / 100 * units.dimensionless, p * units.hPa
    ratio = mpcalc.mixing_ratio_from_relative_humidity(pressure, air, damp)
    wet_bulb = heatindex.wetbulb(100 * p, t + 273.15, rh / 100) - 273.15
    thawed = t > 0.01
    return {
        **table,
        "metpy dew_point": mpcalc.dewpoint_from_relative_humidity(air, damp).to("degC").m.tolist(),
        "metpy mixing_ratio": ratio.to("g/kg").m.tolist(),
        "metpy air_density": mpcalc.density(pressure, air, ratio).to("kg/m^3").m.tolist(),
        "heatindex wet_bulb": [
            one if it else None for one, it in zip(wet_bulb.tolist(), thawed, strict=True)
        ],
    }


def by_metpy_and_thermofeel() -> dict[str, Table]:
    """Heat, chill, apparent temperature, and the parts of the wind."""
    import metpy.calc as mpcalc
    import numpy as np
    from metpy.units import units
    from thermofeel import calculate_apparent_temperature

    heat = columns(
        "temperature humidity", list(product((26.7, 27, 28, 29, *range(30, 47, 2)), range(5, 101, 5)))
    )
    chill = columns(
        "temperature wind_speed", list(product(range(-45, 11, 5), (1.5, 2, 3, 5, 8, 12, 17, 23, 30)))
    )
    felt = columns(
        "temperature humidity wind_speed", list(product(range(-35, 51, 5), (10, 50, 90), (0, 4, 12, 30)))
    )
    wind = columns("wind_speed wind_direction", list(product((0.5, 3, 10, 33), range(0, 361, 15))))

    def arrays(table: Table) -> list[Any]:
        return [np.array(values, dtype=float) for values in table.values()]

    t, rh = arrays(heat)
    index = mpcalc.heat_index(t * units.degC, rh * units.percent, mask_undefined=False)
    heat["metpy heat_index"] = index.to("degC").m.tolist()
    t, v = arrays(chill)
    chilled = mpcalc.windchill(t * units.degC, v * units("m/s"), mask_undefined=False)
    chill["metpy wind_chill"] = chilled.to("degC").m.tolist()
    t, rh, v = arrays(felt)
    felt["thermofeel apparent_temperature"] = (
        calculate_apparent_temperature(t + 273.15, v, rh) - 273.15
    ).tolist()
    v, d = arrays(wind)
    parts = mpcalc.wind_components(v * units("m/s"), d * units.degrees)
    for name, part in zip(("wind_u", "wind_v"), parts, strict=True):
        wind[f"metpy {name}"] = part.to("m/s").m.tolist()
    return {"heat": heat, "chill": chill, "felt": felt, "wind": wind}


def by_pvlib() -> Table:
    """The sun at places and times by chance, by NREL's algorithm."""
    import pandas as pd
    from pvlib.solarposition import spa_python

    uniform = random.Random(17).uniform
    places = [
        (1000 * round(uniform(0, 3.09e9)), round(uniform(-90, 90), 3), round(uniform(-180, 180), 3))
        for _ in range(300)
    ]
    table = columns("observed_at latitude longitude", places)
    # `elevation` is geometric, without refraction.
    found = [
        spa_python(
            pd.DatetimeIndex([pd.Timestamp(moment, unit="ms", tz="UTC")]), latitude, longitude, delta_t=None
        )
        for moment, latitude, longitude in places
    ]
    for name in ("elevation", "azimuth"):
        table[f"pvlib solar_{name}"] = [float(one[name].iloc[0]) for one in found]
    return table


def by_ioos_qc() -> dict[str, Table]:
    """QARTOD's flags of values beyond limits, and of regular series without gaps."""
    import numpy as np
    from ioos_qc import qartod

    tables: dict[str, Table] = {}
    for name, (possible, plausible) in GROSS.items():
        edges = sorted({*possible, *plausible})
        values = sorted(
            {*edges, *(round(edge + way, 3) for edge in edges for way in (-0.1, -0.001, 0.001, 0.1))}
        )
        flags = qartod.gross_range_test(values, fail_span=possible, suspect_span=plausible)
        tables[f"gross range of {name}"] = {name: values, "ioos_qc flag": flags.tolist()}
    for number, table in enumerate(series()):
        times = np.array(table["hour"]) * HOUR
        found: dict[str, Any] = {}
        for name, (suspect, fail) in STEPS.items():
            found[f"step_{name}"] = qartod.rate_of_change_test(
                table[name], times, suspect / HOUR, fail / HOUR
            )
        for name, (soon, late) in STUCK.items():
            found[f"stuck_{name}"] = qartod.flat_line_test(table[name], times, soon * HOUR, late * HOUR, 0.01)
        for name, (suspect, fail) in SPIKES.items():
            found[f"spike_{name}"] = qartod.spike_test(table[name], suspect, fail, method="differential")
        flags = {
            f"ioos_qc qc_{name}".replace("_wind_speed", "_wind"): f.tolist() for name, f in found.items()
        }
        flags["ioos_qc qc"] = qartod.qartod_compare(list(map(np.ma.filled, found.values()))).tolist()
        tables[f"series {number}"] = {**table, **flags}
    return tables


def series() -> list[Table]:
    """A week each of hourly values: a walk by chance, with spikes, steps and values that stand still."""
    return [_walk(number, random.Random(number)) for number in range(3)]


def _walk(number: int, choice: random.Random) -> Table:
    hours = list(range(168))
    table: Table = {"hour": hours}
    for name, start, pace in (
        ("temperature", 15, 0.8), ("dew_point", 5, 0.6), ("pressure", 1013, 0.3), ("wind_speed", 20, 0.5),
    ):  # fmt: skip
        values = [float(start)]
        for _ in hours[1:]:
            # Never twice the same by chance.
            values.append(
                round(values[-1] + choice.choice((-1, 1)) * max(0.1, abs(choice.gauss(0, pace))), 1)
            )
        suspect, fail = STEPS[name]
        for at, size in zip(
            choice.sample(range(2, 80, 4), 8), (0.5, 0.9, 1.1, 1.3, 1.6, 2, 2.4, 4), strict=True
        ):
            values[at] = round(values[at] + choice.choice((-1, 1)) * size * suspect, 1)
        jump = choice.randrange(82, 90)
        values[jump:] = [round(value + fail + 5, 1) for value in values[jump:]]
        begin, (soon, late) = choice.randrange(95, 105), STUCK.get(name, (12, 24))
        length = (soon - 1, soon + 3, late + 6)[number]
        values[begin : begin + length] = [values[begin]] * length
        table[name] = values
    return table


def tables() -> Mapping[str, Table]:
    """Every table by its name."""
    return {
        "moisture": by_metpy_and_heatindex(), **by_metpy_and_thermofeel(), "sun": by_pvlib(), **by_ioos_qc(),
    }  # fmt: skip


def written(found: Mapping[str, Table]) -> str:
    """The file's text: a line for each row, so that a change of one can be seen."""

    def short(value: Any) -> Any:
        return round(value, 6) if isinstance(value, float) else value

    parts = [f'"versions": {json.dumps({name: version(name) for name in LIBRARIES})}']
    for name, table in found.items():
        rows = ",\n".join(json.dumps([short(v) for v in row]) for row in zip(*table.values(), strict=True))
        parts.append(f'"{name}": {{"columns": {json.dumps(list(table))}, "rows": [\n{rows}\n]}}')
    return "{" + ",\n".join(parts) + "}\n"


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows of a table in the file, each by the names of its columns."""
    table = json.loads(FILE.read_text(encoding="utf-8"))[name]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


if __name__ == "__main__":
    FILE.write_text(written(tables()), encoding="utf-8")
