"""Synthetic price and carbon: the mean asked for, the shape and spread of the class, and their relations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.scenario.site import SiteTable
from wattscale.site.carbon import CarbonMix, grid_mix, read_carbon, synthetic_carbon
from wattscale.site.grid_shape import GridSetting, draw_scores, read_shape
from wattscale.site.noise import scores_by_month
from wattscale.site.prices import read_prices, synthetic_prices
from wattscale.site.stage import run

WIND = np.random.default_rng(6).standard_normal(365)
SHOCKS = np.random.default_rng(5).standard_normal(365 + 8760)


def prices(catalog: Catalog, word: str, mean: float, latitude: float = 40.0, offset: float = 0.0) -> np.ndarray:
    return synthetic_prices(catalog, word, mean, GridSetting(latitude, offset, WIND), SHOCKS)


@settings(max_examples=15, deadline=None)
@given(mean=st.floats(0.5, 500), word=st.sampled_from(["gas", "solar", "europe", "coal", "hydro"]))
def test_a_price_has_the_mean_asked_for_and_scales_with_it(catalog: Catalog, mean: float, word: str) -> None:
    price = prices(catalog, word, mean)
    assert price.mean() == pytest.approx(mean)
    assert 2 * price == pytest.approx(prices(catalog, word, 2 * mean))


def test_a_negative_mean_is_met_by_a_shift(catalog: Catalog) -> None:
    assert prices(catalog, "europe", -5.0).mean() == pytest.approx(-5.0)


def test_solar_grids_are_cheap_at_noon_and_dear_in_the_evening(catalog: Catalog) -> None:
    by_hour = prices(catalog, "solar", 50.0).reshape(365, 24).mean(axis=0)
    assert by_hour[11] < 0.8 * by_hour[19]


def test_shapes_follow_the_local_clock_and_the_hemisphere(catalog: Catalog) -> None:
    at_home, away = (prices(catalog, "solar", 50.0, offset=o).reshape(365, 24).mean(axis=0) for o in (0.0, -8.0))
    assert np.roll(at_home, 8) == pytest.approx(away, rel=0.02)
    shape = read_shape(catalog.recording(), "carbon", "wind")
    north, south = (draw_scores(shape, GridSetting(latitude, 0.0, WIND), SHOCKS) for latitude in (50.0, -50.0))
    winter_gain = north[: 31 * 24].mean() - south[: 31 * 24].mean()
    assert np.sign(winter_gain) == np.sign(shape.winter.mean())


def test_european_prices_go_negative_and_american_ones_spike(catalog: Catalog) -> None:
    assert (prices(catalog, "europe", 80.0) < 0).sum() > 50
    assert prices(catalog, "gas", 30.0).max() > 10 * 30.0


@pytest.mark.parametrize(
    ("zone", "word"),
    [
        ("US-MIDA-PJM_2023", "gas"),
        ("DE-LU_2024", "europe"),
        ("JP-TK_2023", "coal"),
        ("US-CAL-CISO_2023", "solar"),
    ],
)
def test_quartiles_of_the_class_are_near_those_of_real_years(
    catalog: Catalog, shared_data: Callable[[str], Path], zone: str, word: str
) -> None:
    real = read_prices(str(shared_data(f"hourly/price_{zone}.csv"))).price_usd_per_mwh
    made = prices(catalog, word, float(real.mean()))
    for share in (0.25, 0.5, 0.75):
        assert np.quantile(made, share) == pytest.approx(np.quantile(real, share), abs=0.3 * real.mean())


@settings(max_examples=15, deadline=None)
@given(mean=st.floats(1, 900), word=st.sampled_from(["thermal", "solar", "wind", "hydro-nuclear"]))
def test_carbon_is_never_negative_and_has_its_mean(catalog: Catalog, mean: float, word: str) -> None:
    direct = synthetic_carbon(catalog, word, mean, GridSetting(50.0, 1.0, WIND), SHOCKS)
    assert direct.mean() == pytest.approx(mean)
    assert direct.min() >= 0


def test_a_cleaner_hour_has_a_higher_carbon_free_share() -> None:
    mix = CarbonMix(300.0, 600.0, 40.0, 1.05)
    direct = np.array([0.0, 300.0, 600.0, 900.0])
    assert mix.cfe_share(direct).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert mix.lifecycle(direct).tolist() == pytest.approx([40.0, 355.0, 670.0, 985.0])


def test_carbon_free_share_from_direct_carbon_is_near_the_published_one(
    catalog: Catalog, shared_data: Callable[[str], Path]
) -> None:
    for zone, site in (("DE-LU_2023", "de_frankfurt"), ("GB_2023", "gb_london"), ("US-MIDA-PJM_2023", "us_nova")):
        file = read_carbon(str(shared_data(f"hourly/carbon_{zone}.csv")))
        mix, _ = grid_mix(catalog, catalog.row("sites", site), float(file.carbon_kg_per_mwh.mean()))
        assert file.cfe_share is not None
        assert np.abs(mix.cfe_share(file.carbon_kg_per_mwh) - file.cfe_share).mean() < 0.05, zone


def test_a_carbon_file_without_other_columns_is_completed_and_said(
    catalog: Catalog, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    import pandas as pd

    from wattscale.site.stage import load_series

    full = pd.read_csv(shared_data("hourly/carbon_DE-LU_2023.csv"))
    path = tmp_path / "carbon.csv"
    full[["time_utc", "ci_direct_g_per_kwh"]].to_csv(path, index=False)
    table = SiteTable(name="Frankfurt", carbon=str(path))
    site = run(table, catalog.recording(), load_series(table))
    assert "carbon-columns-estimated" in {w.code for w in site.warnings}
    assert site.cfe_share.mean() == pytest.approx(full["carbon_free_pct"].mean() / 100, abs=0.05)
    assert site.carbon_lifecycle_kg_per_mwh.mean() == pytest.approx(full["ci_lca_g_per_kwh"].mean(), rel=0.05)


def test_price_and_carbon_move_together_as_fitted(catalog: Catalog) -> None:
    found = []
    for seed in range(1, 9):
        site = run(SiteTable(name="Frankfurt", seed=seed), catalog.recording())
        ranks = [v.argsort().argsort() for v in (site.price_usd_per_mwh, site.carbon_kg_per_mwh)]
        found.append(np.corrcoef(ranks)[0, 1])
    assert 0.5 < np.mean(found) < 0.85


def test_a_windy_day_is_clean_where_the_grid_lives_on_wind(catalog: Catalog) -> None:
    def with_wind(name: str) -> float:
        site = run(SiteTable(name=name), catalog.recording())
        return float(
            np.corrcoef(*(scores_by_month(v) for v in (site.weather.wind_speed_ms, site.carbon_kg_per_mwh)))[0, 1]
        )

    assert with_wind("London") < -0.4
    assert abs(with_wind("us_nova")) < 0.2
