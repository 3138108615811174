"""A public client of OpenWeatherMap works on the replay server, unchanged: the server serves as its proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyowm.commons.exceptions import NotFoundError, UnauthorizedError
from pyowm.owm import OWM
from pyowm.utils.config import get_default_config

from producer.replay import Observation, ReplayServer, load_observations, serve, split_for_polling

KEY = "c0ffee"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    bulk, _ = split_for_polling(load_observations(), 0)
    with serve(ReplayServer(bulk, key=KEY)) as server:
        yield server.url


def manager(url: str, key: str = KEY) -> Any:
    config = get_default_config()
    config["connection"].update(use_ssl=False, use_proxy=True)
    config["proxies"] = {"http": url}
    return OWM(key, config).weather_manager()


def first_of(code: str) -> Observation:
    return next(one for one in load_observations() if one.station.code == code)


def test_an_observation_is_found_by_name_id_and_coordinates(url: str) -> None:
    weather = manager(url)
    asked = [
        weather.weather_at_place("JFK,US"),
        weather.weather_at_id(94789),
        weather.weather_at_coords(40.64, -73.78),
    ]
    assert [(one.location.id, one.location.country) for one in asked] == [(94789, "US")] * 3
    times = [one.weather.reference_time() for one in asked]
    assert times[0] == first_of("JFK").time
    assert times == sorted(set(times))


def test_measures_arrive_in_their_units(url: str) -> None:
    found = manager(url).weather_at_place("EWR").weather
    # 39.02 °F, 59.37 % and 10.36 miles an hour in the file.
    assert found.temperature("celsius")["temp"] == pytest.approx(3.9, abs=0.01)
    assert (found.humidity, found.wind()["speed"]) == (59.37, 4.63)
    assert found.sunrise_time() < found.sunset_time()


def test_every_one_of_thousands_of_bodies_is_understood(url: str) -> None:
    weather = manager(url)
    statuses = {weather.weather_at_id(14732).weather.status for _ in range(300)}
    assert {"Rain", ""} <= statuses


def test_errors_are_those_that_the_client_knows(url: str) -> None:
    with pytest.raises(UnauthorizedError):
        manager(url, "0ther").weather_at_id(14734)
    with pytest.raises(NotFoundError):
        manager(url).weather_at_place("Atlantis")
