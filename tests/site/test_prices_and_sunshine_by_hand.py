"""Where a mean price comes from, what completes a carbon file, the weather in figures, and direct sunshine by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.hours import MONTH_DAYS
from wattscale.site import grid
from wattscale.site.result import Weather
from wattscale.site.stage import _weather_figures
from wattscale.site.sunshine import Sky, monthly_sums, split_irradiance

DAYS = np.array(MONTH_DAYS)
ONE = np.ones(8760)


class Site:
    """Stands in for a row of the sites: industry pays 200 USD/MWh there; a wholesale mean is known or not."""

    def __init__(self, wholesale: float | None) -> None:
        self.known = {"industrial_price_usd_per_mwh": 200.0}
        self.known |= {} if wholesale is None else {"price_usd_per_mwh": wholesale}

    def has(self, name: str) -> bool:
        return name in self.known

    def number(self, name: str) -> float:
        return self.known[name]

    def text(self, name: str) -> str:
        return {"price_shape": "gas", "grid_zone": "ZONE", "label": "There"}[name]


@pytest.mark.parametrize(
    ("asked", "wholesale", "mean", "ends", "codes"),
    [
        (33.0, 44.0, 33.0, (None, None), ["synthetic-prices"]),
        (None, 44.0, 44.0, (None, None), ["synthetic-prices"]),
        # 0.55 (0.4 to 0.8) of 200.
        (None, None, 110.0, (80.0, 160.0), ["price-estimated", "synthetic-prices"]),
    ],
)
def test_the_mean_price_is_the_scenarios_the_zones_or_a_share_of_industrys(
    monkeypatch: pytest.MonkeyPatch, asked: float | None, wholesale: float | None, mean: float,
    ends: tuple[float | None, float | None], codes: list[str],
) -> None:  # fmt: skip
    used = []
    monkeypatch.setattr(grid, "synthetic_prices", lambda *given: used.append(given[1:]) or ONE)
    book = SimpleNamespace(figure=lambda table, key: SimpleNamespace(value=0.55, low=0.4, high=0.8))
    table = SimpleNamespace(mean_price_usd_per_mwh=asked, seed=7)
    found = grid.hourly_price(table, book, Site(wholesale), "setting", ["own", "other"], None)  # type: ignore[arg-type]
    assert used == [("gas", pytest.approx(mean), "setting", "own")]
    assert (found.mean_low, found.mean_high) == pytest.approx(ends) if ends[0] else ends == (None, None)
    assert [w.code for w in found.warnings] == codes
    assert f"{mean:.1f} USD/MWh (seed 7)" in found.warnings[-1].message
    assert found.synthetic
    if ends[0]:
        assert "110 USD/MWh (likely 80 to 160)" in found.warnings[0].message


@pytest.mark.parametrize("has", [(True, True), (True, False), (False, True), (False, False)])
def test_a_carbon_file_keeps_its_columns_and_gets_those_that_it_has_not(
    monkeypatch: pytest.MonkeyPatch, has: tuple[bool, bool]
) -> None:
    asked = []
    mix = SimpleNamespace(lifecycle=lambda d: 2 * d, cfe_share=lambda d: d / 1000)
    monkeypatch.setattr(grid, "grid_mix", lambda book, site, mean: asked.append(mean) or (mix, ()))
    direct = np.array([100.0, 300.0])
    file = SimpleNamespace(
        carbon_kg_per_mwh=direct, warnings=(), carbon_marginal_kg_per_mwh=None,
        carbon_lifecycle_kg_per_mwh=direct + 1 if has[0] else None, cfe_share=direct / 500 if has[1] else None,
    )  # fmt: skip
    found = grid._completed(None, None, file)  # type: ignore[arg-type]
    assert found.lifecycle_kg_per_mwh.tolist() == ([101.0, 301.0] if has[0] else [200.0, 600.0])
    assert found.cfe_share == pytest.approx([0.2, 0.6] if has[1] else [0.1, 0.3])
    assert asked == ([] if all(has) else [200.0])
    told = [n for n, there in zip(("ci_lca_g_per_kwh", "carbon_free_pct"), has, strict=True) if not there]
    assert [w.message.split(";")[0] for w in found.warnings] == (
        [f"The carbon file has no {' and no '.join(told)}"] if told else []
    )
    assert (found.synthetic, found.direct_kg_per_mwh.tolist()) == (False, [100.0, 300.0])


def test_the_weather_in_figures() -> None:
    """Temperatures that rise by a hundredth an hour: the mean is half of 87.59, 0.996 of it lie below 87.23964."""
    sun = np.tile(np.repeat([0.0, 500.0], 12), 365)
    weather = Weather(
        np.arange(8760) / 100, -5 * ONE, 1e5 * ONE, np.tile([2.0, 5.0], 4380), sun, sun / 4, sun, "x", True
    )
    assert _weather_figures(weather) == {
        "mean_temp_c": pytest.approx(87.59 / 2), "temp_99_6_c": pytest.approx(87.23964), "max_temp_c": 87.59,
        "min_temp_c": 0.0, "mean_dew_point_c": pytest.approx(-5.0), "mean_wind_ms": pytest.approx(3.5),
        "ghi_kwh_per_m2": pytest.approx(365 * 6.0), "dni_kwh_per_m2": pytest.approx(365 * 1.5),
    }  # fmt: skip


def even_sky() -> Sky:
    """The sun always 60 degrees from overhead, half of it on the flat, 1,400 W/m2 above the air."""
    return Sky(60 * ONE, 700 * ONE, 1400 * ONE, np.arange(8760) / 24 + 1)


def test_direct_sunshine_of_each_month_is_that_of_the_normals() -> None:
    """350 W/m2 on the flat; 24 h of 200 W/m2 are 4.8 kWh/m2 a day in six months, of 300 in the others."""
    wanted = np.repeat([4.8, 7.2], 6)
    ghi = 350 * ONE
    dni, dhi = split_irradiance(ghi, even_sky(), wanted)
    assert monthly_sums(dni) == pytest.approx(wanted * 1000 * DAYS, rel=1e-4)
    assert dhi == pytest.approx(350 - dni / 2)


def test_direct_sunshine_passes_no_clearer_sky_than_there_is() -> None:
    """Of 690 W/m2 on the flat 1,380 could be direct, but 0.8 of 1,400 W/m2 is the most, asked for or not."""
    for wanted in (None, np.full(12, 40.0)):
        dni, dhi = split_irradiance(690 * ONE, even_sky(), wanted)
        assert dni.max() == pytest.approx(1120.0)
        assert dhi == pytest.approx(690 - dni / 2)
    night = Sky(120 * ONE, 0 * ONE, 1400 * ONE, np.arange(8760) / 24 + 1)
    dni, dhi = split_irradiance(0 * ONE, night, np.full(12, 4.0))
    assert (dni.max(), dhi.max()) == (0.0, 0.0)
