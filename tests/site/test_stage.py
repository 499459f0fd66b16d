"""The site stage as a whole: place, hourly year, facts, warnings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.scenario.site import SiteTable
from wattscale.site.result import SiteResult
from wattscale.site.series import SiteSeries, WeatherFile
from wattscale.site.stage import load_series, run


@pytest.fixture
def weather_file() -> WeatherFile:
    """A station beside the site of the catalogue, one zone further west."""
    sun = np.clip(np.sin((np.arange(8760) % 24 - 12) / 12 * np.pi), 0, None) * 600.0
    flat = np.full(8760, 10.0)
    return WeatherFile(
        "Ashburn", 39.0, -77.5, 100.0, -6.0, temp_air_c=flat, dew_point_c=flat - 5, wind_speed_ms=flat / 5,
        source="made up", pressure_pa=flat * 1e4, ghi_w_per_m2=sun, dni_w_per_m2=sun / 2, dhi_w_per_m2=sun / 2,
    )  # fmt: skip


def codes(warnings: tuple[PlanWarning, ...]) -> set[str]:
    return {w.code for w in warnings}


def planned(catalog: Catalog, **keys: object) -> SiteResult:
    table = SiteTable.model_validate(keys)
    return run(table, catalog.recording(), load_series(table))


@pytest.mark.slow
def test_every_site_of_the_catalogue_gives_a_plausible_year(catalog: Catalog) -> None:
    for name in catalog.names("sites"):
        site = planned(catalog, name=name)
        weather = site.weather
        for array in (
            *(getattr(weather, f.name) for f in dataclasses.fields(weather) if f.name not in ("source", "synthetic")),
            site.price_usd_per_mwh, site.carbon_kg_per_mwh, site.carbon_lifecycle_kg_per_mwh, site.cfe_share,
        ):  # fmt: skip
            assert array.shape == (8760,)
            assert np.isfinite(array).all()
        assert (weather.dew_point_c <= weather.temp_air_c + 1e-9).all()
        assert weather.wind_speed_ms.min() >= 0
        assert weather.ghi_w_per_m2.min() >= 0
        assert weather.dni_w_per_m2.max() < 1200
        assert (weather.dhi_w_per_m2 >= -1e-9).all()
        assert ((site.cfe_share >= 0) & (site.cfe_share <= 1)).all()
        assert (site.carbon_lifecycle_kg_per_mwh >= site.carbon_kg_per_mwh).all()
        assert "synthetic-weather" in codes(site.warnings)


def test_a_plan_repeats_and_another_seed_differs(catalog: Catalog) -> None:
    first, again, other = (planned(catalog, seed=s) for s in (7, 7, 8))
    assert (first.weather.temp_air_c == again.weather.temp_air_c).all()
    assert (first.price_usd_per_mwh == again.price_usd_per_mwh).all()
    assert (first.weather.wind_speed_ms != other.weather.wind_speed_ms).any()
    assert (first.price_usd_per_mwh != other.price_usd_per_mwh).any()


def test_synthetic_means_are_those_asked_for(catalog: Catalog) -> None:
    site = planned(catalog, name="Frankfurt", mean_price_usd_per_mwh=70.0, mean_carbon_g_per_kwh=200.0)
    assert site.price_usd_per_mwh.mean() == pytest.approx(70.0)
    assert site.carbon_kg_per_mwh.mean() == pytest.approx(200.0)
    assert site.price_synthetic
    assert site.carbon_synthetic


def test_a_cloud_region_code_is_a_name(catalog: Catalog) -> None:
    assert planned(catalog, name="us-east-1").name == "us_nova"


def test_an_unknown_name_gets_the_nearest_one(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"site\.name = 'Frankfort'.*de_frankfurt|site\.name") as caught:
        planned(catalog, name="Frankfort")
    assert "Did you mean" in str(caught.value)


def test_latitude_alone_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"site\.longitude"):
        planned(catalog, latitude=50.0)


def test_no_place_at_all_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"site\.name"):
        planned(catalog, name=None)


def test_coordinates_win_over_a_name_with_a_note(catalog: Catalog) -> None:
    site = planned(catalog, name="Berlin", latitude=39.0, longitude=-77.5)
    assert site.country == "US"
    assert "coordinates-used" in codes(site.warnings)
    own = planned(catalog, name="Our campus", latitude=39.0, longitude=-77.5)
    assert own.name == "Our campus"
    assert "coordinates-used" not in codes(own.warnings)


def test_a_far_place_is_warned_of_and_shows_its_distances(catalog: Catalog) -> None:
    site = planned(catalog, latitude=0.0, longitude=-30.0)
    assert {"site-distant", "climate-distant"} <= codes(site.warnings)
    assert site.figures["site_distance_km"] > 150  # type: ignore[operator]
    near = planned(catalog, latitude=39.0, longitude=-77.5)
    assert not {"site-distant", "climate-distant"} & codes(near.warnings)


def test_files_replace_the_synthetic_series(catalog: Catalog, shared_data: Callable[[str], Path]) -> None:
    site = planned(
        catalog,
        weather=str(shared_data("weather/us_va_leesburg.epw")),
        prices=str(shared_data("hourly/price_US-MIDA-PJM_2023.csv")),
        carbon=str(shared_data("hourly/carbon_US-MIDA-PJM_2023.csv")),
    )
    assert not site.weather.synthetic
    assert not site.price_synthetic
    assert not site.carbon_synthetic
    assert site.warnings == ()
    assert site.utc_offset_h == -5.0
    assert site.elevation_m == 119.0
    assert site.weather.temp_air_c.mean() == pytest.approx(13.78, abs=0.01)


def test_local_time_is_that_of_the_weather_file_unless_the_scenario_says_otherwise(
    catalog: Catalog, weather_file: WeatherFile
) -> None:
    """The file says -6 h, the catalogue -5 h: the file was measured there. A scenario's own word goes before both."""
    series = SiteSeries(weather=weather_file)
    assert run(SiteTable(weather="station.epw"), catalog.recording(), series).utc_offset_h == -6.0
    own = SiteTable(weather="station.epw", utc_offset_h=-4.0)
    assert run(own, catalog.recording(), series).utc_offset_h == -4.0
    assert run(SiteTable(utc_offset_h=-4.0), catalog.recording()).utc_offset_h == -4.0
    assert run(SiteTable(), catalog.recording()).utc_offset_h == -5.0


def test_weather_of_another_place_is_warned_of(catalog: Catalog, shared_data: Callable[[str], Path]) -> None:
    site = planned(catalog, name="Berlin", weather=str(shared_data("weather/us_va_leesburg.epw")))
    assert "weather-distant" in codes(site.warnings)


def test_a_wrong_time_zone_is_seen_by_the_sun(
    catalog: Catalog, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    text = shared_data("weather/us_va_leesburg.epw").read_text(encoding="latin-1")
    path = tmp_path / "place.epw"
    path.write_text(text.replace("-77.55800,-5.0,", "-77.55800,-6.0,", 1), encoding="latin-1")
    assert "weather-clock" in codes(planned(catalog, weather=str(path)).warnings)


def test_weather_without_irradiance_is_completed_and_said(catalog: Catalog, shared_data: Callable[[str], Path]) -> None:
    path = str(shared_data("weather/de_frankfurt_openmeteo_era5_2023.json"))
    site = planned(catalog, name="de_frankfurt", weather=path)
    assert {"weather-no-irradiance", "weather-no-pressure"} <= codes(site.warnings)
    assert not site.weather.synthetic
    normal = planned(catalog, name="de_frankfurt").figures["ghi_kwh_per_m2"]
    assert site.figures["ghi_kwh_per_m2"] == pytest.approx(normal, rel=1e-3)
    assert site.weather.pressure_pa[0] == pytest.approx(100_000, rel=0.01)


def test_a_file_that_was_not_loaded_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"site\.prices"):
        run(SiteTable(prices="/nowhere.csv"), catalog, None)


def test_warming_raises_temperature_and_keeps_relative_humidity(catalog: Catalog) -> None:
    base, warm = planned(catalog), planned(catalog, warming_c=2.0)
    assert warm.weather.temp_air_c - base.weather.temp_air_c == pytest.approx(2.0)
    rise = warm.weather.dew_point_c - base.weather.dew_point_c
    assert rise.min() > 1.0
    assert rise.max() < 3.0
    assert "+2 K" in warm.weather.source


def test_a_higher_site_is_cooler_and_has_thinner_air(catalog: Catalog) -> None:
    base, high = planned(catalog, name="us_wyoming"), planned(catalog, name="us_wyoming", elevation_m=1850.0)
    assert base.elevation_m == 1650.0
    assert high.weather.temp_air_c - base.weather.temp_air_c == pytest.approx(-1.3)
    assert (high.weather.pressure_pa / base.weather.pressure_pa).max() == pytest.approx(0.976, abs=0.002)
    assert "weather-lifted" in codes(high.warnings)


def test_facts_of_the_scenario_replace_those_of_the_catalogue(catalog: Catalog) -> None:
    site = planned(catalog, time_to_power_years=1.5, water_stress=5.0)
    assert site.time_to_power_years == 1.5
    assert site.water_stress == 5.0


def test_siting_facts_in_words_come_with_the_result(catalog: Catalog) -> None:
    facts = planned(catalog, name="Tokyo").facts
    assert facts["grid_zone"] == "JP-TK"
    assert facts["natural_hazard"] == "earthquake"
    assert facts["climate_of"] == "jp_tokyo"


def test_what_is_not_known_is_estimated_and_said(catalog: Catalog) -> None:
    site = planned(catalog, name="ke_nairobi")
    assert {"price-estimated", "carbon-basis-estimated", "grid-water-estimated"} <= codes(site.warnings)
    value = site.figures["mean_price_usd_per_mwh"]
    assert isinstance(value, tuple)
    assert value[1] < value[0] < value[2]


def test_the_ledger_names_what_was_used(catalog: Catalog) -> None:
    view = catalog.recording()
    run(SiteTable(), view)
    assert "sites/us_nova.price_usd_per_mwh" in view.used
    assert view.used["sites/us_nova.water_stress"].confidence == "unverified"
    assert "climate_normals/us_va_leesburg.t_mean_c" in view.used
    assert "price_shapes/gas" in view.used


def test_an_override_of_the_catalogue_reaches_the_weather(catalog: Catalog) -> None:
    hot = catalog.with_overrides({"climate_normals/us_va_leesburg:01.t_mean_c": 11.23})
    change = run(SiteTable(), hot).weather.temp_air_c[: 31 * 24].mean()
    base = run(SiteTable(), catalog.recording()).weather.temp_air_c[: 31 * 24].mean()
    assert change - base == pytest.approx(10.0, abs=0.2)


def test_every_figure_is_described(catalog: Catalog) -> None:
    import csv
    from importlib.resources import files

    folder = files("wattscale.catalog")
    rows = csv.DictReader((folder / "figures" / "site.csv").read_text(encoding="utf-8").splitlines())
    assert {r["name"] for r in rows} == {f"site.{n}" for n in planned(catalog).figures}


@settings(max_examples=15, deadline=None)
@given(
    latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), seed=st.integers(0, 2**31 - 1),
    warming=st.floats(-5, 10),
)  # fmt: skip
def test_any_place_on_earth_gives_a_finite_year(
    catalog: Catalog, latitude: float, longitude: float, seed: int, warming: float
) -> None:
    site = planned(catalog, latitude=latitude, longitude=longitude, seed=seed, warming_c=warming)
    weather = site.weather
    closure = weather.ghi_w_per_m2 - weather.dhi_w_per_m2
    assert np.isfinite(weather.temp_air_c).all()
    assert np.isfinite(weather.dni_w_per_m2).all()
    assert closure.min() > -1e-6
    assert (weather.dew_point_c <= weather.temp_air_c + 1e-9).all()
