"""Live weather: asked for only on request, fetched once, told when it fails. No test uses the network."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.scenario.site import SiteTable
from wattscale.site.clients import request_url
from wattscale.site.stage import load_series, run


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WATTSCALE_CACHE", str(tmp_path))
    return tmp_path / "weather"


def refuse(url: str) -> bytes:
    raise AssertionError(f"fetched {url}")


def test_nothing_is_fetched_unless_asked_for() -> None:
    assert load_series(SiteTable(), refuse).weather is None


def test_an_answer_is_fetched_once_and_kept(catalog: Catalog, shared_data: Callable[[str], Path], cache: Path) -> None:
    recorded = shared_data("weather/de_frankfurt_openmeteo_era5_2023.json").read_bytes()
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return recorded

    table = SiteTable(name="de_frankfurt", weather_service="open-meteo", weather_year=2023)
    first = load_series(table, fetch)
    again = load_series(table, refuse)
    assert len(asked) == 1
    assert "latitude=50.1100&longitude=8.6800&start_date=2023-01-01&end_date=2023-12-31" in asked[0]
    assert first.weather is not None
    assert again.weather is not None
    assert (first.weather.temp_air_c == again.weather.temp_air_c).all()
    assert [p.name for p in cache.iterdir()] == ["open-meteo_50.1100_8.6800_2023.json"]
    assert not run(table, catalog.recording(), again).weather.synthetic


def test_a_service_that_cannot_be_reached_is_told(catalog: Catalog) -> None:
    def down(url: str) -> bytes:
        raise urllib.error.URLError("no route to host")

    with pytest.raises(InputError, match=r"site\.weather_service.*no route to host"):
        load_series(SiteTable(weather_service="pvgis"), down)


def test_an_error_answer_of_the_service_is_told_and_not_kept(cache: Path) -> None:
    def reason(url: str) -> bytes:
        return json.dumps({"error": True, "reason": "Daily limit exceeded"}).encode()

    with pytest.raises(InputError, match="Daily limit exceeded"):
        load_series(SiteTable(weather_service="open-meteo"), reason)
    assert not cache.exists()


def test_a_service_that_was_not_loaded_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"site\.weather"):
        run(SiteTable(weather_service="pvgis"), catalog, None)


def test_a_file_wins_over_a_service(shared_data: Callable[[str], Path]) -> None:
    table = SiteTable(weather=str(shared_data("weather/us_va_leesburg.epw")), weather_service="pvgis")
    assert load_series(table, refuse).weather is not None


def test_open_meteo_is_asked_for_metres_per_second_and_utc() -> None:
    url = request_url("open-meteo", 1.3, 103.8, 2020)
    assert "wind_speed_unit=ms" in url
    assert "timezone=GMT" in url
    assert "direct_normal_irradiance" in url
