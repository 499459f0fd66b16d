"""The year of a building of three hours and half a megawatt: figures, their ranges, and what is told of them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.errors import InfeasibleError
from wattscale.facility import stage
from wattscale.facility.airside import closed_hall, fans
from wattscale.facility.annual import Annual, annual, itue, pue, ranged, yearly_figures
from wattscale.facility.psychrometrics import latent_heat
from wattscale.facility.water import WaterHours, wue

IT = np.array([0.2, 0.3, 0.0])
POWER = np.array([0.26, 0.36, 0.03])
DESIGN = SimpleNamespace(air=SimpleNamespace(server_fan_share=np.asarray(0.2)))


def hours():
    water = WaterHours(np.array([0.1, 0.2, 0.0]), np.array([0.01, 0.0, 0.0]), np.array([0.05, 0.04, 0.0]))
    return SimpleNamespace(
        uses_mw={"it": IT}, power_mw=POWER, water=water, reused_mw=np.array([0.05, 0.08, 0.0]),
        compressor_free=np.array([1.0, 0.0, 1.0]), liquid_free=np.array([0.0, 0.0, 1.0]),
    )  # fmt: skip


def test_sums_of_a_year():
    """0.65 of 0.5 MWh; 0.4 m3 of water; servers whose fans take a fifth; a peak of 0.36 over 0.3 MW."""
    found = annual(hours(), DESIGN)
    assert (float(found.pue), float(found.wue_l_per_kwh)) == pytest.approx((1.3, 0.8))
    assert (found.itue.tolist(), float(found.peak_over_it)) == (pytest.approx([1.25]), pytest.approx(1.2))
    assert (pue(0.65, 0.5), wue(0.4, 0.5), float(itue(np.asarray(0.2)))) == pytest.approx((1.3, 0.8, 1.25))


def test_a_range_moves_with_the_year_and_holds_its_value():
    """Nine of ten of 0 to 100 lie from 5 to 95; the year is 10 above the hours sampled; never above 95 + 10."""
    draws = np.linspace(0.0, 100.0, 101)
    assert ranged(50.0, np.asarray(40.0), draws) == pytest.approx((50.0, 15.0, 105.0))
    assert ranged(200.0, np.asarray(40.0), draws) == pytest.approx((200.0, 165.0, 255.0))
    assert ranged(0.5, np.asarray(-40.0), draws) == pytest.approx((0.5, 0.5, 135.5))
    assert ranged(0.5, np.asarray(140.0), draws) == pytest.approx((0.5, -134.5, 0.5))
    assert ranged(1 / 3, np.asarray(1 / 3), np.array([1 / 3]))[1:] == (0.3333333333, 0.3333333333)


def one(pue, wue, itue, peak):
    return Annual(*(np.asarray(x, dtype=float) for x in (pue, wue, [itue], peak)))


def test_figures_of_a_year_with_their_ranges():
    """Draws that all lie 0.1 of PUE, 0.2 l, 0.05 of ITUE and 0.3 of peak above or below the design of the sample."""
    draws = Annual(
        np.array([1.1, 1.3]), np.array([0.5, 0.9]), np.array([1.2, 1.3]), np.array([1.0, 1.6])
    )  # fmt: skip
    found = yearly_figures(hours(), DESIGN, one(1.2, 0.7, 1.25, 1.3), draws)
    # Of two draws the quantiles of 5 and 95 % lie a twentieth of their distance within.
    tue = (1.2 * 1.1, 1.3 * 1.3)
    step = 0.05 * (tue[1] - tue[0])
    expected = {
        "pue": (1.3, 1.1 + 0.01 + 0.1, 1.3 - 0.01 + 0.1), "wue_l_per_kwh": (0.8, 0.52 + 0.1, 0.88 + 0.1),
        "itue": (1.25, 1.205, 1.295),
        "tue": (1.625, tue[0] + step + 0.125, tue[1] - step + 0.125),
        "peak_mw": (0.36, 0.3 * (1.03 - 0.1), 0.3 * (1.57 - 0.1)),
        "energy_mwh": (0.65, 0.5 * 1.21, 0.5 * 1.39), "it_energy_mwh": 0.5,
        "water_m3_per_year": (0.4, 0.31, 0.49), "max_hourly_pue": 1.3, "compressor_free_hours": 2.0,
        "liquid_free_hours": 1.0, "ere": 0.52 / 0.5, "erf": 0.2, "heat_reused_mwh": 0.13,
    }  # fmt: skip
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    dry = yearly_figures(hours(), DESIGN, one(1.2, 2.0, 1.25, 1.3), draws)
    assert dry["wue_l_per_kwh"] == pytest.approx((0.8, 0.0, 0.8)), "water is not negative"
    assert dry["water_m3_per_year"] == pytest.approx((0.4, 0.0, 0.4))


def test_pue_of_each_hour_and_none_without_power():
    found = stage._hourly_pue(hours())
    assert found[:2] == pytest.approx([1.3, 1.2])
    assert np.isnan(found[2])


def test_figures_of_a_design():
    """0.5 MW of generators run 12 hours at 0.3 of their power with 0.4 of their fuel."""
    values = {"generator.test_hours": 12.0, "generator.test_load_share": 0.3, "generator.efficiency": 0.4}
    limit = SimpleNamespace(value=20.0, low=15.0, high=30.0)
    catalog = SimpleNamespace(
        value=lambda table, key: values[key], figure=lambda table, key: limit, names=lambda table: []
    )  # fmt: skip
    design = SimpleNamespace(liquid=SimpleNamespace(share=np.asarray(0.7)))
    wet, dry = (SimpleNamespace(name="x", liquid_plant=plant) for plant in (SimpleNamespace(), None))
    found = stage._design_figures(wet, design, 0.5, 40.0, catalog)
    assert found == {
        "design_it_mw": 0.5, "rack_limit_kw": (20.0, 15.0, 30.0), "liquid_share": 0.7,
        "liquid_share_needed": pytest.approx(0.5), "generator_test_fuel_mwh": pytest.approx(4.5),
    }  # fmt: skip
    assert stage._design_figures(dry, design, 0.5, 40.0, catalog)["liquid_share"] == 0.0


@pytest.mark.parametrize(("share", "told"), [(1.039, False), (0.961, False), (1.041, True), (0.959, True)])
def test_pressure_four_percent_off_its_elevation_is_told(share, told):
    weather = SimpleNamespace(pressure_pa=101_325.0 * share * np.array([0.99, 1.01]))
    assert [w.code for w in stage._weather_warnings(weather, 0.0)] == (["pressure-elevation"] if told else [])


def test_a_loop_that_no_machine_holds_is_told_when_it_gets_warm():
    """A millionth of a kelvin is rounding."""
    design = SimpleNamespace(loop=SimpleNamespace(supply_c=np.asarray(30.0)))
    free, held = (SimpleNamespace(liquid_plant=SimpleNamespace(machine=m)) for m in ("none", "dx"))

    def told(supply, tech=free):
        warnings = stage._liquid_warnings(SimpleNamespace(liquid_supply_c=np.array(supply)), design, tech)
        return [w.message for w in warnings]

    assert told([30.0, 30.0 + 0.9e-6, 29.0]) == []
    (text,) = told([30.0, 30.0 + 1.5e-6, 30.7])
    assert "In 2 hours" in text
    assert "up to 0.7 K" in text
    assert told([40.0], held) == told([40.0], SimpleNamespace(liquid_plant=None)) == []


def test_it_power_may_pass_the_building_by_a_billionth():
    weather = SimpleNamespace(temp_air_c=np.zeros(3))
    stage._check_load(IT, 0.3 / (1 + 0.5e-9), weather)
    with pytest.raises(InfeasibleError):
        stage._check_load(IT, 0.3 / (1 + 1.5e-9), weather)


HALL = SimpleNamespace(**{k: np.asarray(v) for k, v in {
    "supply_c": 24.0, "delta_k": 10.0, "fan_pressure_pa": 600.0, "fan_efficiency": 0.5, "fan_exponent": 2.0,
    "flow_floor_share": 0.25, "fan_heat_share": 0.5, "sensible_share": 0.8,
}.items()})  # fmt: skip


def test_fans_run_no_slower_than_their_floor():
    """At design dp / (rho cp dT eta) of 0.5 MW and half of themselves; at a tenth of the heat a quarter of the flow."""
    share = 600 / (101_325 / (287.042 * 297.15) * 1006 * 10 * 0.5)
    full = 0.5 * share / (1 - share / 2)
    heat, design, pressure = np.array([0.05, 0.25, 0.5]), np.asarray(0.5), np.asarray(101_325.0)
    power = full * np.array([0.0625, 0.25, 1.0])
    assert fans(HALL, heat, design, pressure) == pytest.approx(power, rel=1e-9)
    found = closed_hall(HALL, heat, design, pressure)
    assert found.to_plant == pytest.approx(heat + power / 2, rel=1e-9)
    assert found.exhausted == pytest.approx(power / 2, rel=1e-9)
    back = (heat + power / 2) / 4 * 3600 / float(latent_heat(24.0))
    assert found.humidifier == pytest.approx(back, rel=1e-9)
    assert found.spray.tolist() == [0.0] * 3
