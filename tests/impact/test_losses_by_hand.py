"""Water, embodied carbon, delays and losses of a plan of round numbers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from books import Book, Row, figure

from wattscale.economics.costs import CostLine
from wattscale.impact import stage
from wattscale.impact.carbon import Metered, OperationalCarbon
from wattscale.impact.supply_chain import Disruption, concentrations, disruptions, exposures, lost_years, severity_curve

HOURS = 8760
FLAT = np.ones(HOURS)
CHIP = "H100-SXM5-80GB"


# --- What waits, and what is lost -------------------------------------------------------------------------------------


def supplied(dispatch, metered=(), load=100.0, capacity=()):  # type: ignore[no-untyped-def]
    return SimpleNamespace(
        load_mw=load * FLAT, dispatch_mw={k: v * FLAT for k, v in dispatch.items()}, by_plant=dict,
        metered_mw={k: v * FLAT for k, v in dict(metered).items()}, plant_of=lambda name: name,
        capacity_mw=dict(capacity),
    )  # fmt: skip


def test_a_month_without_a_plant_costs_its_energy_from_the_grid_or_its_part_of_the_load():
    """20 MW at 60 USD/MWh for 730 h; where there is no grid a fifth of what the whole delay costs."""
    site = SimpleNamespace(price_usd_per_mwh=60 * FLAT)
    found = stage._late_plants(site, supplied({"solar": 20.0, "grid": 80.0}), 1e6)
    assert found["solar"] == pytest.approx(20 * 60 * 730)
    assert found["grid"] == pytest.approx(80 * 60 * 730)
    assert stage._late_plants(site, supplied({"solar": 20.0, "gas": 80.0}), 1e6)["solar"] == pytest.approx(2e5)
    cheap = SimpleNamespace(price_usd_per_mwh=-5 * FLAT)
    assert stage._late_plants(cheap, supplied({"solar": 20.0, "grid": 80.0}), 1e6)["solar"] == 0.0
    assert stage._late_plants(site, supplied({"solar": 20.0}, load=0.0), 1e6)["solar"] == pytest.approx(20 * 60 * 730)
    assert stage._late_plants(site, supplied({"solar": 0.25}, load=0.5 / HOURS), 2.0)["solar"] == pytest.approx(8760.0)


def test_a_late_start_costs_its_months():
    economics = SimpleNamespace(purchase_year=2026, construction_years=2.0)
    wait = SimpleNamespace(years=(4.0, 3.0, 5.0))
    found = stage._start((30.0, 24.0, 72.0), wait, economics, 1e6)
    assert found["earliest_operation_year"] == (2030.0, 2029.0, 2032.0)
    assert found["late_start_months"] == pytest.approx((24.0, 12.0, 48.0))
    assert found["late_start_usd"] == pytest.approx((24e6, 12e6, 48e6))


def test_embodied_carbon_of_what_is_bought_and_kept(monkeypatch):
    """100 chips of 0.2 t over 5 years, 2 MW of building over 40, 3 MW of gas over 25 and 8 MWh of store over 10."""
    factors = {f"device.{CHIP}": figure(200.0, 100.0, 400.0), "server": figure(0.0), "network_share": figure(0.0),
               "building": figure(1e6), "plant.gas": figure(5e5), "plant.battery": figure(1e5),
               "plant.grid": figure(1e9), "plant.solar": figure(1e9)}  # fmt: skip
    seen = {}
    monkeypatch.setattr(stage, "embodied_factors", lambda made, _: seen.update(made=made) or factors)
    monkeypatch.setattr(stage, "serving_embodied_t", lambda *_: 7.0)
    compute = SimpleNamespace(devices_by_accelerator={CHIP: 100.0, "none": 0.0})
    supply = SimpleNamespace(
        storage_mwh={"battery": 8.0, "tank": 0.0}, capacity_mw={"gas": 3.0, "battery": 4.0, "grid": 9.0, "solar": 0.0},
        life_years={"gas": 25.0, "battery": 10.0, "grid": 50.0}, plant={},
    )  # fmt: skip
    lines = [SimpleNamespace(part="accelerators", life_years=5.0), SimpleNamespace(part="shell", life_years=40.0)]
    parts, found, serving = stage._embodied(compute, SimpleNamespace(design_it_mw=2.0), supply, SimpleNamespace(lines=lines), None)  # fmt: skip  # noqa: E501
    assert seen["made"].devices == {CHIP: 100.0}
    assert seen["made"].plant == {"gas": 3.0, "battery": 8.0}
    assert parts["accelerators"] == pytest.approx(20.0)
    assert found["embodied_t"] == pytest.approx((20 + 2000 + 1500 + 800, 10 + 4300, 40 + 4300))
    assert found["embodied_t_per_year"] == pytest.approx((4 + 50 + 60 + 80, 2 + 190, 8 + 190))
    assert serving == 7.0
    compute.devices_by_accelerator[CHIP], supply.capacity_mw["gas"] = 0.5, 0.5
    supply.storage_mwh["battery"] = 0.5
    stage._embodied(compute, SimpleNamespace(design_it_mw=2.0), supply, SimpleNamespace(lines=lines), None)
    assert (seen["made"].devices, seen["made"].plant) == ({CHIP: 0.5}, {"gas": 0.5, "battery": 0.5})


def test_sums_and_means_of_figures():
    assert stage._plus((1.0, 0.5, 2.0), 10.0) == (11.0, 10.5, 12.0)
    assert stage._plus(1.0, 10.0) == 11.0
    assert stage.first(3.0) == 3.0
    meter = Metered(np.array([2.0, 3.0]), np.array([0.0, 5.0]), np.array([100.0, 300.0]), np.zeros(2))
    total = meter.total_mw
    assert stage._meter_mean(meter) == pytest.approx(float(meter.total_kg.sum() / total.sum()))
    assert stage._meter_mean(Metered(np.zeros(2), np.zeros(2), np.ones(2), np.zeros(2))) == 0.0


def test_water_on_site_and_at_the_source(monkeypatch):
    """1,000 m3 on site and 3,000 at plants, in a place of stress 4 of 5."""
    monkeypatch.setattr(stage, "source_water_m3", lambda *_: 3000.0)
    supply = SimpleNamespace(by_plant=dict, dispatch_mw={})
    site = SimpleNamespace(grid_water_l_per_kwh=1.0, water_stress=4.0)
    found = stage._water(site, SimpleNamespace(water_m3=np.array([400.0, 600.0])), supply, None)
    assert found["water_total_m3_per_year"] == 4000.0
    assert found["water_stress_weighted_m3_per_year"] == pytest.approx(800.0)
    assert found["water_total_stress_weighted_m3_per_year"] == pytest.approx(3200.0)


STAGES = [
    Row(name="hbm", title="HBM", bought_with="devices"),
    Row(name="euv", title="EUV", bought_with="devices;solar"),
    Row(name="steel", title="Steel", bought_with="building"),
    Row(name="none", title="None", bought_with="devices"),
]
CHAIN = [
    Row(name="hbm/A", stage="hbm", entity="A", share=0.5), Row(name="hbm/B", stage="hbm", entity="B", share=0.5),
    Row(name="euv/C", stage="euv", entity="C", share=0.9), Row(name="euv/D", stage="euv", entity="D", share=0.1),
    Row(name="steel/E", stage="steel", entity="E", share=1.0),
]  # fmt: skip


def struck(name: str, stage: str, entity: str, **values: float) -> Row:
    usual = {"loss_share": 0.5, "duration_years": 2.0, "inventory_years": 0.5, "substitution_years": np.inf,
             "probability": 0.1, "probability_low": 0.05, "probability_high": 0.2}  # fmt: skip
    return Row(name=name, title=name, stage=stage, entity=entity, **{**usual, **values})


def test_concentration_of_what_is_bought_most_concentrated_first():
    """0.9^2 + 0.1^2 = 0.82 and two halves 0.5; a stage without shares is left out, and what is not bought too."""
    found = concentrations(["devices"], Book(supply_stages=STAGES, supply_chain=CHAIN))
    assert [(c.stage, c.hhi, c.largest, c.largest_share) for c in found] == [
        ("euv", pytest.approx(0.82), "C", 0.9), ("hbm", pytest.approx(0.5), "A", 0.5)
    ]  # fmt: skip
    assert found[1].effective_number == pytest.approx(2.0)


def test_disruptions_cost_the_dearest_delay_of_what_they_strike_dearest_first():
    """A supplier of 0.5 loses half for 1.5 years beyond stock: 0.375 years, 4.5 months; of 0.9 8.1 months."""
    ways = [struck("fire", "hbm", "A"), struck("ban", "euv", "C"), struck("strike", "steel", "E")]
    book = Book(supply_stages=STAGES, supply_chain=CHAIN, disruptions=ways)
    found = disruptions(["devices", "solar"], {"devices": 10.0, "solar": 30.0}, book)
    assert [(d.title, d.lost_years, d.loss_usd) for d in found] == [
        ("ban", pytest.approx(0.675), pytest.approx(8.1 * 30)), ("fire", pytest.approx(0.375), pytest.approx(45.0))
    ]  # fmt: skip
    assert found[0].probability == (0.1, 0.05, 0.2)
    assert found[0].expected_usd == pytest.approx(24.3)
    (only,) = disruptions(["building"], 2.0, book)
    assert only.loss_usd == pytest.approx(0.75 * 12 * 2)
    assert disruptions(["solar"], {"wind": 9.0}, book)[0].loss_usd == 0.0


def test_output_lost_before_others_take_over():
    """Half of the output for 2 years beyond a stock of 1: e-folding in 4 years, 0.5 x 4 x (1 - exp(-1/4))."""
    assert lost_years(0.5, 2.0, 1.0, 4.0) == pytest.approx(2 * (1 - np.exp(-0.25)))
    assert lost_years(0.5, 1.0, 1.0, 4.0) == lost_years(0.5, 0.5, 1.0, np.inf) == 0.0
    assert lost_years(0.5, 1.75, 1.0, np.inf) == pytest.approx(0.375)


def test_what_stands_idle_is_all_but_the_devices():
    """120 of 720 USD a year are the accelerators'; a month of delay costs 40, less 10 of what is not paid for yet."""
    rows = (("accelerators", "accelerators", 120.0), ("shell", "building", 600.0))
    lines = [CostLine(part, segment, 1.0, 5.0, usd, 0.0, usd, usd) for part, segment, usd in rows]
    assert exposures(lines, 40.0, {})["devices"] == pytest.approx(30.0)
    assert exposures(lines, 5.0, {"solar": 1.0}) == {"devices": 0.0, "building": 5.0, "solar": 1.0}


def test_rarer_losses_are_larger():
    """9 at 0.2; 5 or more at 1 - 0.8 x 0.9; 1 or more at 1 - 0.8 x 0.9 x 0.5, whatever the order they come in."""
    ones = [Disruption(t, "s", (p, 0.0, 1.0), 1.0, usd) for t, p, usd in (("a", 0.1, 5.0), ("b", 0.5, 1.0), ("c", 0.2, 9.0))]  # fmt: skip  # noqa: E501
    assert severity_curve(ones) == [(9.0, pytest.approx(0.2)), (5.0, pytest.approx(0.28)), (1.0, pytest.approx(0.64))]


def test_the_chain_of_a_plan_from_its_parts(monkeypatch):
    """Waits, concentrations of 0.8 and 0.4, and losses of 50 at 0.1 and 20 at 0.2."""
    monkeypatch.setattr(stage, "_late_plants", lambda *_: {})
    monkeypatch.setattr(stage, "exposures", lambda *_: {})
    asked: list[object] = []
    ones = [Disruption(t, "s", (p, 0.0, 1.0), 1.0, usd) for t, p, usd in (("a", 0.1, 50.0), ("c", 0.2, 20.0))]
    monkeypatch.setattr(stage, "disruptions", lambda bought, *_: asked.append(bought) or ones)
    monkeypatch.setattr(stage, "concentrations", lambda *_: [SimpleNamespace(hhi=0.8), SimpleNamespace(hhi=0.4)])
    monkeypatch.setattr(stage, "longest_wait", lambda *_: ("gas", (24.0, 12.0, 36.0)))
    economics = SimpleNamespace(
        figures={"cost_of_delay_usd_per_month": (2.0, 1.0, 3.0)}, lines=[], purchase_year=2026, construction_years=1.0,
        wait=SimpleNamespace(years=(0.0, 0.0, 0.0)),
    )  # fmt: skip
    supply = supplied({}, capacity={"gas": 0.02, "solar": 0.005, "wind": 0.01})
    found, *_ = stage._supply_chain(None, supply, economics, None)
    assert asked == [["devices", "building", "gas"]]
    assert found["supply_hhi_max"] == 0.8
    assert found["supply_hhi_mean"] == pytest.approx(0.6)
    assert found["disruption_expected_usd_per_year"] == pytest.approx((9.0, 0.0, 70.0))
    assert found["disruption_worst_usd"] == 50.0
    assert found["late_start_usd"] == pytest.approx((24.0, 0.0, 48.0))
    monkeypatch.setattr(stage, "concentrations", lambda *_: [])
    monkeypatch.setattr(stage, "disruptions", lambda *_: [])
    bare, *_ = stage._supply_chain(None, supply, economics, None)
    assert (bare["supply_hhi_max"], bare["supply_hhi_mean"], bare["disruption_worst_usd"]) == (0.0, 0.0, 0.0)


def test_shares_with_certificates_by_the_year_and_by_the_hour():
    """Of 10 MWh at the meter 4 come clean by contract; certificates cover 3 more by the year, 1 by the hour."""
    carbon = OperationalCarbon(*(float(i) for i in range(len(OperationalCarbon.__dataclass_fields__))))
    meter = SimpleNamespace(
        total_mw=np.array([6.0, 4.0]), clean_mw=np.array([4.0, 0.0]), bought_mw=np.array([2.0, 4.0])
    )
    cover = SimpleNamespace(covered_mwh=lambda _: 3.0, matched_mw=lambda _: np.array([1.0, 0.0]))
    found = stage._carbon(carbon, cover, meter)
    assert found["certificates_share"] == pytest.approx(0.7)
    assert found["certificates_hourly_share"] == pytest.approx(0.5)
    nothing = Metered(*(np.zeros(2) for _ in range(4)))
    assert "certificates_share" not in stage._carbon(carbon, cover, nothing)
    assert "scope2_marginal_t_per_year" in found
    assert "scope2_marginal_t_per_year" not in stage._carbon(replace(carbon, grid_marginal=None), cover, meter)
