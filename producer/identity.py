"""Tells one station from another, within its source.

A station is named by the first of these that its body holds; the name is the record's Kafka key:

- `id:2643743`, the source's own number, where it is above 0 (0 means that there is none);
- `geo:37.5735,-122.3225`, its coordinates, rounded to four decimals (11 m). So that a place has one name, the
  longitude is above -180 and at most 180, and at a pole it is 0 (RFC 5870, 3.4.4);
- `name:Minsk,BY`, its name (and country, where given).
"""

from __future__ import annotations

import math
import unicodedata

_POLE, _HALF_A_TURN = 90.0, 180.0


def station(
    *,
    city_id: int | None,
    latitude: float | None,
    longitude: float | None,
    name: str | None,
    country: str | None,
) -> str | None:
    """Name a station; None where nothing tells it from another."""
    if city_id is not None and city_id > 0:
        return f"id:{city_id}"
    if latitude is not None and longitude is not None:
        north, east = round(latitude, 4), round(math.remainder(longitude, 360), 4)
        if abs(north) == _POLE:
            east = 0.0
        elif east == -_HALF_A_TURN:
            east = _HALF_A_TURN
        # Adding zero turns -0.0 into 0.0, which is the same place.
        return f"geo:{north + 0.0:.4f},{east + 0.0:.4f}"
    if name is not None and name.strip():
        place = unicodedata.normalize("NFC", name.strip())
        return f"name:{place},{country}" if country else f"name:{place}"
    return None
