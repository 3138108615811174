"""Charts that weather services published, cell by cell; and what tables of raw rows become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

Record = dict[str, Any]
Tables = Mapping[str, Sequence[Record]]
"""Name to raw rows, of which each is the fields that are not ordinary."""
Publish = Callable[[Sequence[bytes]], list[Any]]
RawValue = Callable[..., bytes]
Chart = Mapping[tuple[int, int], int]
"""Row and column of each cell to what stands in it."""


def published(publish: Publish, raw_value: RawValue, tables: Tables) -> dict[str, list[Record]]:
    """The records that tables of raw rows become. All go through one projection, since each costs seconds."""
    records = iter(publish([raw_value(**row) for rows in tables.values() for row in rows]))
    return {name: [one.record for one in islice(records, len(rows))] for name, rows in tables.items()}


def _chart(columns: Sequence[int], text: str) -> Chart:
    """Of each line of `text`: the row's name, and its cells from the first column on."""
    rows = [[int(word) for word in line.split()] for line in text.strip().splitlines()]
    return {(row[0], column): cell for row in rows for column, cell in zip(columns, row[1:], strict=False)}


# National Weather Service, wind chill chart of 2001: mph by °F.
WIND_CHILL_NWS = _chart(range(40, -46, -5), """
     5  36  31  25  19  13   7   1  -5 -11 -16 -22 -28 -34 -40 -46 -52 -57 -63
    10  34  27  21  15   9   3  -4 -10 -16 -22 -28 -35 -41 -47 -53 -59 -66 -72
    15  32  25  19  13   6   0  -7 -13 -19 -26 -32 -39 -45 -51 -58 -64 -71 -77
    20  30  24  17  11   4  -2  -9 -15 -22 -29 -35 -42 -48 -55 -61 -68 -74 -81
    25  29  23  16   9   3  -4 -11 -17 -24 -31 -37 -44 -51 -58 -64 -71 -78 -84
    30  28  22  15   8   1  -5 -12 -19 -26 -33 -39 -46 -53 -60 -67 -73 -80 -87
    35  28  21  14   7   0  -7 -14 -21 -27 -34 -41 -48 -55 -62 -69 -76 -82 -89
    40  27  20  13   6  -1  -8 -15 -22 -29 -36 -43 -50 -57 -64 -71 -78 -84 -91
    45  26  19  12   5  -2  -9 -16 -23 -30 -37 -44 -51 -58 -65 -72 -79 -86 -93
    50  26  19  12   4  -3 -10 -17 -24 -31 -38 -45 -52 -60 -67 -74 -81 -88 -95
    55  25  18  11   4  -3 -11 -18 -25 -32 -39 -46 -54 -61 -68 -75 -82 -89 -97
    60  25  17  10   3  -4 -11 -19 -26 -33 -40 -48 -55 -62 -69 -76 -84 -91 -98
""")  # fmt: skip

# Environment Canada, wind chill chart: km/h by °C.
WIND_CHILL_ECCC = _chart(range(5, -51, -5), """
     5   4  -2  -7 -13 -19 -24 -30 -36 -41 -47 -53 -58
    10   3  -3  -9 -15 -21 -27 -33 -39 -45 -51 -57 -63
    15   2  -4 -11 -17 -23 -29 -35 -41 -48 -54 -60 -66
    20   1  -5 -12 -18 -24 -30 -37 -43 -49 -56 -62 -68
    25   1  -6 -12 -19 -25 -32 -38 -44 -51 -57 -64 -70
    30   0  -6 -13 -20 -26 -33 -39 -46 -52 -59 -65 -72
    35   0  -7 -14 -20 -27 -33 -40 -47 -53 -60 -66 -73
    40  -1  -7 -14 -21 -27 -34 -41 -48 -54 -61 -68 -74
    45  -1  -8 -15 -21 -28 -35 -42 -48 -55 -62 -69 -75
    50  -1  -8 -15 -22 -29 -35 -42 -49 -56 -63 -69 -76
    55  -2  -8 -15 -22 -29 -36 -43 -50 -57 -63 -70 -77
    60  -2  -9 -16 -23 -30 -36 -43 -50 -57 -64 -71 -78
    65  -2  -9 -16 -23 -30 -37 -44 -51 -58 -65 -72 -79
    70  -2  -9 -16 -23 -30 -37 -44 -51 -58 -65 -72 -80
    75  -3 -10 -17 -24 -31 -38 -45 -52 -59 -66 -73 -80
    80  -3 -10 -17 -24 -31 -38 -45 -52 -60 -67 -74 -81
""")  # fmt: skip

# National Weather Service, heat index chart: % by °F; a row ends where the chart does.
HEAT_INDEX_NWS = _chart(range(80, 111, 2), """
     40  80  81  83  85  88  91  94  97 101 105 109 114 119 124 130 136
     45  80  82  84  87  89  93  96 100 104 109 114 119 124 130 137
     50  81  83  85  88  91  95  99 103 108 113 118 124 131 137
     55  81  84  86  89  93  97 101 106 112 117 124 130 137
     60  82  84  88  91  95 100 105 110 116 123 129 137
     65  82  85  89  93  98 103 108 114 121 128 136
     70  83  86  90  95 100 105 112 119 126 134
     75  84  88  92  97 103 109 116 124 132
     80  84  89  94 100 106 113 121 129
     85  85  90  96 102 110 117 126 135
     90  86  91  98 105 113 122 131
     95  86  93 100 108 117 127
    100  87  95 103 112 121 132
""")  # fmt: skip
