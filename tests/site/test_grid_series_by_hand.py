"""Grid series and the place step by step: classes read, scores drawn, carbon, units doubted, coordinates, the front."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, radians
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.figure import Figure
from wattscale.scenario.site import SiteTable
from wattscale.site import carbon, grid, location, stage
from wattscale.site.grid_shape import GridSetting, GridShape, draw_scores, read_shape
from wattscale.site.hourly_csv import Column
from wattscale.site.humidity import dew_point_c, rh_share, warm_by
from wattscale.site.noise import generator, persistent, scores_by_month, spread_days
from wattscale.site.normals import read_normals
from wattscale.site.series import SiteSeries, WeatherFile

ONE = np.ones(8760)
RNG = np.random.default_rng(12)
SHAPE = GridShape(
    level=RNG.normal(0, 0.4, 24), winter=RNG.normal(0, 0.3, 24), scores=np.array([-3.0, 0.0, 3.0]),
    quantiles=np.array([-0.2, 1.0, 2.6]), day_share=0.64, day_persistence=0.5, hour_persistence=0.8,
    with_local_wind=-0.6,
)  # fmt: skip


class Book:
    """Stands in for the catalogue: a class `x` whose hours rise by a tenth each, and the noise of two items."""

    def __init__(self) -> None:
        self.used: dict[str, Figure] = {}
        noise = {"day_share": 0.3, "day_persistence": 0.4, "hour_persistence": 0.5, "with_local_wind": 0.6,
                 "q00000": -2.0, "q05000": 1.0, "q09000": 3.0, "q10000": 9.0}  # fmt: skip
        self.noise = {("price-x", k): v for k, v in noise.items()} | {("price-y", "q07500"): 7.0}

    def recording(self) -> Book:
        return self

    def table(self, name: str) -> SimpleNamespace:
        assert name == "series_noise"
        rows = [{"item": item, "parameter": parameter} for item, parameter in self.noise]
        return SimpleNamespace(rows=rows[::-1])

    def row(self, table: str, key: str) -> SimpleNamespace:
        assert table == "price_shapes"
        word, hour = key.split(":")
        values = {"level": int(hour) / 10, "winter": 1 - int(hour) / 10}
        figure = Figure(key, 0.0, None, None, "1", f"source {hour}", "2020", "own")
        assert word == "x"
        return SimpleNamespace(number=values.__getitem__, figure=lambda column: figure)

    def value(self, table: str, key: str) -> float:
        assert table == "series_noise"
        item, _, parameter = key.partition(".")
        return self.noise[item, parameter]


def test_a_class_is_read_with_its_quantiles_in_order_and_its_ends_within_a_year() -> None:
    """The lowest and highest value of a year stand for half an hour of 8,760."""
    book = Book()
    found = read_shape(book, "price", "x")  # type: ignore[arg-type]
    assert found.level == pytest.approx(np.arange(24) / 10)
    assert found.winter == pytest.approx(1 - np.arange(24) / 10)
    normal = NormalDist().inv_cdf
    assert found.scores == pytest.approx([normal(0.5 / 8760), 0.0, normal(0.9), -normal(0.5 / 8760)], abs=1e-9)
    assert found.quantiles.tolist() == [-2.0, 1.0, 3.0, 9.0]
    assert (found.day_share, found.day_persistence, found.hour_persistence, found.with_local_wind) == (
        0.3, 0.4, 0.5, 0.6,
    )  # fmt: skip
    told = book.used["price_shapes/x"]
    assert (told.value, told.low, told.high, told.source) == (pytest.approx(1.15), 0.0, 2.3, "source 00")


@pytest.mark.parametrize(("latitude", "half_a_year"), [(50.0, 0), (0.5, 0), (0.0, 0), (-50.0, 182.5)])
@pytest.mark.parametrize("size", [1.0, 4.0])
def test_scores_of_the_grid_step_by_step(latitude: float, half_a_year: float, size: float) -> None:
    """A season that is coldest on 15 January or half a year later; noise fills the variance to one, 0.05 at least."""
    shape = replace(SHAPE, level=size * SHAPE.level)
    wind, shocks = RNG.standard_normal(365), RNG.standard_normal(9125)
    season = [cos(2 * pi * (d + 0.5 - 15 - half_a_year) / 365) for d in range(365)]
    fixed = np.concatenate([shape.level + s * shape.winter for s in season])
    variance = ((fixed - fixed.mean()) ** 2).mean()
    assert (variance > 0.95) == (size > 1)
    days = spread_days(-0.6 * wind + 0.8 * persistent(shocks[:365], 0.5))
    noise = 0.8 * days + 0.6 * persistent(shocks[365:], 0.8)
    made = fixed + max(1 - variance, 0.05) ** 0.5 * noise / noise.std()
    made = (made - made.mean()) / made.std()
    found = draw_scores(shape, GridSetting(latitude, 3.0, wind), shocks)
    np.testing.assert_allclose(found, np.roll(made, -3), rtol=1e-9, atol=1e-9)


def test_carbon_of_the_year_is_its_mean_times_relative_values_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative -1, 0.5 and 4 by turns: 0, 0.5 and 4, of mean 1.5."""
    asked = []
    monkeypatch.setattr(carbon, "read_shape", lambda *a: asked.append(a) or "shape")
    monkeypatch.setattr(carbon, "draw_scores", lambda *a: asked.append(a) or "scores")
    monkeypatch.setattr(carbon, "map_scores", lambda *a: asked.append(a) or np.tile([-1.0, 0.5, 4.0], 2920))
    found = carbon.synthetic_carbon("book", "wind", 300.0, "setting", "shocks")  # type: ignore[arg-type]
    np.testing.assert_allclose(found, np.tile([0.0, 100.0, 800.0], 2920))
    assert asked == [("book", "carbon", "wind"), ("shape", "setting", "shocks"), ("shape", "scores")]


def test_columns_of_a_carbon_file_and_their_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    columns = {"ci_direct_g_per_kwh": 100 * ONE, "ci_lca_g_per_kwh": 150 * ONE, "carbon_free_pct": 40 * ONE}
    answer = SimpleNamespace(columns=columns, warnings=("w",), calendar="c")
    monkeypatch.setattr(carbon, "read_hourly_csv", lambda *a: asked.append(a) or answer)
    found = carbon.read_carbon("c.csv", 3)
    path, field, wanted, repair = asked[0]
    assert (path, field, repair) == ("c.csv", "site.carbon", 3)
    assert wanted == [
        Column("ci_direct_g_per_kwh", 0.0, 3000.0),
        Column("ci_lca_g_per_kwh", 0.0, 3000.0, required=False),
        Column("carbon_free_pct", 0.0, 100.0, required=False),
        Column("ci_marginal_g_per_kwh", -3000.0, 5000.0, required=False),
    ]
    assert (found.warnings, found.calendar, found.carbon_marginal_kg_per_mwh) == (("w",), "c", None)
    np.testing.assert_allclose(found.cfe_share, 0.4)
    columns["carbon_free_pct"] = 0.4 * ONE
    columns["ci_direct_g_per_kwh"] = 200 * ONE
    codes = [getattr(w, "code", w) for w in carbon.read_carbon("c.csv").warnings]
    assert codes == ["w", "lifecycle-below-direct", "carbon-free-unit-doubtful"]
    del columns["carbon_free_pct"]
    assert carbon.read_carbon("c.csv").cfe_share is None


def test_what_carbon_shares_with_the_price_beyond_the_wind() -> None:
    """Winds of 0.5 and -0.6 explain -0.3 of 0.1; the other 0.4 is over sqrt(0.75 x 0.64)."""
    values = {"price-x.with_local_wind": 0.5, "carbon-y.with_local_wind": -0.6, "price-x.with_carbon": 0.1}
    book = SimpleNamespace(value=lambda table, key: values[key])
    row = SimpleNamespace(text={"price_shape": "x", "carbon_shape": "y"}.__getitem__)
    shocks = RNG.standard_normal((2, 50))
    own = 0.4 / 0.48**0.5
    found = grid._with_price(book, row, shocks)  # type: ignore[arg-type]
    assert found == pytest.approx(own * shocks[0] + (1 - own**2) ** 0.5 * shocks[1], rel=1e-12)


def test_hours_below_zero_are_counted_and_a_mean_is_a_lone_number_unless_both_ends_are_known() -> None:
    found = grid.GridPrice(np.array([-0.5, 0.0, 0.5, 4.0]), True, (), 0.0, 3.0).figures()
    assert found == {
        "mean_price_usd_per_mwh": (1.0, 0.0, 3.0), "max_price_usd_per_mwh": 4.0, "negative_price_hours": 1.0,
    }  # fmt: skip
    for low, high in ((None, 3.0), (0.0, None), (None, None)):
        one = grid.GridPrice(np.array([-0.5, 2.5]), True, (), low, high).figures()
        assert one["mean_price_usd_per_mwh"] == 1.0


def test_dew_point_and_humidity_by_magnus() -> None:
    """20 C at 50 %: g = ln 0.5 + 17.625 x 20 / 263.04 = 0.646953; 243.04 g / (17.625 - g) = 9.2611 C."""
    assert dew_point_c(np.array([20.0]), np.array([0.5]))[0] == pytest.approx(9.2611, abs=1e-4)
    assert rh_share(np.array([20.0]), np.array([9.26111]))[0] == pytest.approx(0.5, rel=1e-5)
    temp, dew = warm_by(np.array([20.0, -5.0]), np.array([9.26111, -5.0]), 1.0)
    assert temp.tolist() == [21.0, -4.0]
    # 21 C at 50 %: 17.625 x 21 / 264.04 - 0.693147 = 0.708629.
    assert dew == pytest.approx([243.04 * 0.708629 / (17.625 - 0.708629), -4.0], abs=1e-4)
    same = np.array([1.0])
    assert warm_by(same, same, 0.0) == (same, same)


def test_distances_by_the_law_of_cosines() -> None:
    """The angle's cosine is sin sin + cos cos cos; opposite places lie half a turn apart, whatever is rounded."""
    a, b = (50.11, 8.68), (-33.87, 151.21)
    phi, lam, phi2, lam2 = (radians(x) for x in (*a, *b))
    c = np.sin(phi) * np.sin(phi2) + np.cos(phi) * np.cos(phi2) * np.cos(lam - lam2)
    found = location.distance_km(*a, np.array([b[0], a[0]]), np.array([b[1], a[1]]))
    assert found == pytest.approx([6371.0088 * np.arccos(c), 0.0], rel=1e-9)
    for latitude, longitude in ((0.0, 30.0), (2.89, -138.29), (25.44, 126.95), (58.59, -120.78), (-40.0, 10.0)):
        away = location.distance_km(latitude, longitude, np.array([-latitude]), np.array([longitude - 180.0]))
        assert away[0] == pytest.approx(pi * 6371.0088, rel=1e-7)


def codes(place: location.Location) -> list[str]:
    return [w.code for w in (*place.warnings, *place.climate_warnings)]


def test_coordinates_near_a_site_take_its_clock_and_far_ones_the_suns(catalog: Catalog) -> None:
    """Berlin is at 52.52 N, 13.40 E; the open Atlantic at 30 W is two hours behind, at 38 W 2.53 and so three."""
    near = location.locate(SiteTable(latitude=52.4, longitude=13.0), catalog.recording())
    assert (near.name, near.label, near.country, near.utc_offset_h) == ("52.40 N, 13.00 E",) * 2 + ("DE", 1.0)
    assert near.site_distance_km == pytest.approx(
        6371.0088 * radians(((52.52 - 52.4) ** 2 + (0.4 * cos(radians(52.46))) ** 2) ** 0.5), rel=1e-3
    )
    assert "coordinates-used" not in codes(near), "the usual name of the scenario is none that was given"
    for longitude, offset in ((-30.0, -2.0), (-38.0, -3.0), (-37.0, -2.0)):
        far = location.locate(SiteTable(latitude=-10.0, longitude=longitude), catalog.recording())
        assert codes(far)[0] == "site-distant", longitude
        assert far.utc_offset_h == offset
        assert far.label == f"10.00 S, {-longitude:.2f} W"
    own = location.locate(SiteTable(latitude=-10.0, longitude=-30.0, utc_offset_h=-4.0), catalog.recording())
    assert own.utc_offset_h == -4.0
    zero = location.locate(SiteTable(latitude=0.0, longitude=0.0), catalog.recording())
    assert zero.label == "0.00 N, 0.00 E"


@pytest.mark.parametrize(
    ("name", "found", "code"),
    [
        ("Berlin", "Berlin", False),  # the name of the nearest site itself
        ("de_frankfurt", "52.40 N, 13.00 E", True),
        ("Werk Nord", "Werk Nord", False),
        (None, "52.40 N, 13.00 E", False),
    ],
)
def test_a_name_beside_coordinates_is_a_label_unless_it_is_another_site(
    catalog: Catalog, name: str | None, found: str, code: bool
) -> None:
    place = location.locate(SiteTable(name=name, latitude=52.4, longitude=13.0), catalog.recording())
    assert (place.name, place.label) == (found, found)
    assert ("coordinates-used" in codes(place)) == code
    assert place.site.name == "de_berlin"


def test_a_named_site_and_half_a_pair_of_coordinates(catalog: Catalog) -> None:
    place = location.locate(SiteTable(name="Frankfurt"), catalog.recording())
    assert (place.name, place.latitude, place.site_distance_km, place.climate) == (
        "de_frankfurt", 50.11, 0.0, "de_frankfurt",
    )  # fmt: skip
    assert place.climate_distance_km < 20
    for given, missing in (("latitude", "longitude"), ("longitude", "latitude")):
        with pytest.raises(InputError, match="must be given together") as caught:
            location.locate(SiteTable.model_validate({given: 10.0}), catalog)
        assert caught.value.where == f"site.{missing}"


@pytest.mark.parametrize(("away", "warned"), [(149.0, False), (151.0, True), (299.0, True)])
def test_150_km_are_far_for_the_climate_for_the_site_and_for_a_file(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, away: float, warned: bool
) -> None:
    assert bool(location._far_climate(catalog, "de_frankfurt", away)) == warned
    monkeypatch.setattr(stage, "distance_km", lambda *places: np.array([away, 0.0]))
    spot = SimpleNamespace(latitude=1.0, longitude=2.0, place="")
    assert bool(stage._far_file(spot, spot)) == warned  # type: ignore[arg-type]
    degrees = away / (6371.0088 * pi / 180)
    place = location.locate(SiteTable(latitude=52.52 + degrees, longitude=13.4), catalog.recording())
    if place.site.name == "de_berlin":
        assert ("site-distant" in codes(place)) == warned


def test_normals_of_a_place_are_read_month_by_month(catalog: Catalog) -> None:
    """Frankfurt's rows as they stand; what one month lacks is not known, and the year's own figures are January's."""
    book = catalog.recording()
    found = read_normals(book, "us_az_phoenix")
    rows = {r["month"]: r for r in catalog.table("climate_normals").rows if r["site"] == "us_az_phoenix"}
    for name in ("t_mean_c", "wind_sd_ms", "pressure_hpa", "dni_kwh_per_m2_day"):
        assert getattr(found, name).tolist() == [float(rows[str(m)][name]) for m in range(1, 13)]
    summary = book.used["climate_normals/us_az_phoenix.t_mean_c"]
    assert (summary.value, summary.low, summary.high) == pytest.approx(
        (found.t_mean_c.mean(), found.t_mean_c.min(), found.t_mean_c.max())
    )
    assert (found.dew_p99_c, found.record_years) == (float(rows["1"]["dew_p99_c"]), float(rows["1"]["record_years"]))
    assert "climate_normals/us_az_phoenix:01.dew_p99_c" in book.used


def test_the_front_draws_one_pair_of_shocks_for_price_and_carbon(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    price, direct = stage.hourly_price, stage.hourly_carbon
    monkeypatch.setattr(stage, "hourly_price", lambda *a: asked.append(a) or price(*a))
    monkeypatch.setattr(stage, "hourly_carbon", lambda *a: asked.append(a) or direct(*a))
    result = stage.run(SiteTable(name="Frankfurt", seed=9), catalog.recording())
    shocks = generator(9, "de_frankfurt", "grid").standard_normal((2, 9125))
    for given in asked:
        setting = given[3]
        assert (setting.latitude, setting.utc_offset_h) == (50.11, 1.0)
        assert (setting.wind_scores == scores_by_month(result.weather.wind_speed_ms)).all()
        assert given[4].shape == (2, 9125)
        assert (given[4] == shocks).all()
    assert [w.code for w in result.warnings] == ["synthetic-weather", "synthetic-prices", "synthetic-carbon"]


@pytest.mark.parametrize("bare", [True, False])
def test_a_file_without_sun_needs_the_normals_and_their_doubts(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, bare: bool
) -> None:
    asked = []
    monkeypatch.setattr(stage, "complete_weather", lambda file, normals: asked.append(normals) or ("made", ("done",)))
    place = replace(location.locate(SiteTable(name="Frankfurt"), catalog), climate_warnings=("far",))  # type: ignore[arg-type]
    sun = None if bare else ONE
    file = WeatherFile("w", 50.11, 8.68, 99.0, 2.0, ONE, ONE, ONE, "made", ghi_w_per_m2=sun)
    weather, elevation, offset, warnings = stage._weather(SiteTable(), catalog, place, SiteSeries(file))
    assert (weather, elevation, offset) == ("made", 99.0, 2.0)
    assert warnings == (("far", "done") if bare else ("done",))
    assert [n and n.site for n in asked] == (["de_frankfurt"] if bare else [None])


@pytest.mark.parametrize(
    ("named", "missing"),
    [({"weather": "w.epw"}, "weather"), ({"weather_service": "pvgis"}, "weather"), ({"prices": "p.csv"}, "prices"),
     ({"carbon": "c.csv"}, "carbon")],
)  # fmt: skip
def test_what_was_named_and_not_read_is_refused(catalog: Catalog, named: dict[str, str], missing: str) -> None:
    with pytest.raises(InputError, match="was not loaded") as caught:
        stage.run(SiteTable.model_validate(named), catalog)
    assert (caught.value.where, caught.value.value) == (f"site.{missing}", next(iter(named.values())))


def test_weather_of_a_service_is_asked_for_the_place_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        stage, "service_path", lambda t, lat, lon, fetch: asked.append((lat, lon, fetch)) or "made.json"
    )
    monkeypatch.setattr(stage, "read_weather", lambda path, gap: (path, gap))
    own = {"name": "Frankfurt", "weather_service": "pvgis", "repair_hours": 3}
    assert stage.load_series(SiteTable.model_validate(own), "fetch").weather == ("made.json", 3)  # type: ignore[arg-type]
    assert asked == [(50.11, 8.68, "fetch")]
    both = SiteTable.model_validate({**own, "weather": "w.epw"})
    assert stage.load_series(both).weather == ("w.epw", 3)
    assert {k: str(v) for k, v in stage.files_of(both).items()} == {"site.weather": "w.epw"}
    assert len(asked) == 1
    assert {k: str(v) for k, v in stage.files_of(SiteTable.model_validate(own)).items()} == {
        "site.weather_service": "made.json"
    }
    assert asked[1][:2] == (50.11, 8.68)
    assert stage.load_series(SiteTable()) == SiteSeries()
    assert stage.files_of(SiteTable()) == {}
    assert len(asked) == 2
