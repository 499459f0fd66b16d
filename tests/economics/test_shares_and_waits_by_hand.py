"""How a small campus is shared between serving and training, and what it waits for, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import waiting
from wattscale.economics.result import CostLine
from wattscale.economics.tokens import (
    ServingShares,
    serving_capital,
    serving_cost,
    serving_shares,
    token_costs,
)
from wattscale.economics.waiting import earliest_start, longest_wait, own_power, power_wait, uses_grid
from wattscale.scenario.workload import TrainingTable

HOURS = 8760


def line(part, segment, capital=0.0, annuity=0.0, running=0.0):
    return CostLine(part, segment, capital, 10.0, annuity, running, 0.0, 0.0)


def part(accelerator, devices, peak):
    """Devices whose power swings between half of the peak and the peak."""
    power = np.where(np.arange(HOURS) % 2 == 0, peak, 0.5 * peak)
    return SimpleNamespace(accelerator=accelerator, devices=devices, power_mw=power, days=73.0)


def campus(serving=None, training=None, spare_mw=0.0, power_mw=4e-5):
    """A building that takes a quarter more than its IT power, and `power_mw` at the meter all year."""
    total = sum((p.power_mw for p in (serving, training) if p), np.full(HOURS, spare_mw))
    compute = SimpleNamespace(serving=serving, training=training, it_power_at_work_mw=total, spare_power_mw=spare_mw)
    facility = SimpleNamespace(
        energy_at_work_mwh=lambda it_mw: 1.25 * it_mw, power_mw=np.full(HOURS, power_mw)
    )  # fmt: skip
    return compute, facility


SERVING, TRAINING = part("A", 3.0, 2e-5), part("B", 2.0, 6e-5)


def test_shares_by_price_peak_and_energy():
    """3 x 0.1 of 3 x 0.1 + 2 x 0.05 USD; 2 of 8 at the peak; 1.25 x 1.5e-5 MW of the 4e-5 at the meter."""
    shares = serving_shares(*campus(SERVING, TRAINING), {"A": 0.1, "B": 0.05})
    assert (shares.hardware, shares.power, shares.energy) == pytest.approx((0.75, 0.25, 1.875 / 4))


def test_devices_without_a_price_are_shared_by_number_and_one_price_is_enough():
    assert serving_shares(*campus(SERVING, TRAINING), {"A": 0.0, "B": 0.0}).hardware == pytest.approx(0.6)
    assert serving_shares(*campus(SERVING, TRAINING), {"A": 0.0, "B": 0.1}).hardware == 0.0


def test_spares_take_their_part_of_the_meter_off_both():
    """A spare MW-share of 2e-5 beside means of 1.5e-5 and 4.5e-5: a quarter of 8e-5, so 3e-5 of 4e-5 are shared."""
    shares = serving_shares(*campus(SERVING, TRAINING, spare_mw=2e-5), {"A": 0.1, "B": 0.05})
    assert shares.energy == pytest.approx(1.875 / 3)


def test_serving_takes_no_more_than_all_and_all_of_nothing():
    assert serving_shares(*campus(SERVING, TRAINING, power_mw=1e-5), {"A": 0.1, "B": 0.05}).energy == 1.0
    assert serving_shares(*campus(SERVING, TRAINING, power_mw=0.0), {"A": 0.1, "B": 0.05}).energy == 1.0


def test_a_campus_of_one_purpose_has_shares_of_one_and_none():
    for prices in ({"A": 0.1, "B": 0.05}, {"A": 0.0, "B": 0.0}):
        assert serving_shares(*campus(SERVING), prices) == ServingShares(1.0, 1.0, 1.0)
        assert serving_shares(*campus(None, TRAINING), prices) == ServingShares(0.0, 0.0, 0.0)
    still = part("A", 0.0, 0.0)
    assert serving_shares(*campus(still), {"A": 0.1}) == ServingShares(1.0, 1.0, 1.0)
    assert serving_shares(*campus(None, still), {"A": 0.1}) == ServingShares(0.0, 0.0, 0.0)


SHARES = ServingShares(hardware=0.5, power=0.25, energy=0.75)
LINES = [
    line("accelerators", "accelerators", 0.4, 0.08), line("shell", "facility", 0.4, 0.04, 0.02),
    line("grid.energy", "energy", running=0.4), line("insurance", "operations", running=0.16),
]  # fmt: skip


def test_insurance_follows_the_capital_insured():
    """Capital 0.2 + 0.1 of 0.8, so 0.375 of the insurance; cost 0.04 + 0.015 + 0.3 + 0.06 of 0.7."""
    assert serving_capital(LINES, SHARES) == pytest.approx(0.3)
    assert serving_cost(LINES, SHARES) == pytest.approx(0.415)
    assert serving_cost(LINES[3:], SHARES) == pytest.approx(0.04)  # nothing insured: by power


def test_cost_of_serving_training_and_runs():
    """Shares 0.75, 0.25 and 0.46875: serving 0.06 + 0.015 + 0.1875 + 0.16 x 0.4 / 0.8 = 0.3425 of 0.7.

    A run of 73 days of a machine that trains all year pays a fifth of the rest, and there are three of them.
    """
    compute, facility = campus(SERVING, TRAINING)
    recipe, prices = TrainingTable(rest_of_year="train", runs_per_year=3.0), {"A": 0.1, "B": 0.05}
    found = token_costs(LINES, compute, facility, recipe, prices)
    assert (found.serving, found.training, found.serving_capital) == pytest.approx((0.3425, 0.3575, 0.4))
    assert (found.run, found.amortised) == pytest.approx((0.0715, 0.2145))
    assert found.tokens == pytest.approx(0.557)
    unknown = token_costs(LINES, compute, facility, None, prices)
    assert (unknown.run, unknown.amortised, unknown.training) == (0.0, 0.0, pytest.approx(0.3575))
    alone = token_costs(LINES, *campus(SERVING), recipe, prices)
    assert (alone.serving, alone.training, alone.run, alone.amortised) == (pytest.approx(0.7), pytest.approx(0), 0, 0)


class Stages:
    """A catalogue of three stages of supply."""

    def rows(self, table):
        assert table == "supply_stages"
        text = {
            "chips": ("delivery", "devices;servers", 20.0, 10.0, 30.0),
            "steel": ("delivery", "building", 15.0, 14.0, 40.0),
            "permit": ("permit", "building", 90.0, 80.0, 99.0),
            "wheels": ("delivery", "engine", 0.5, 0.25, 0.75),
        }  # fmt: skip
        for name, (wait, bought, value, low, high) in text.items():
            words = {"wait": wait, "bought_with": bought, "title": f"The {name}"}
            numbers = {"lead_months": value, "lead_low_months": low, "lead_high_months": high}
            yield SimpleNamespace(text=words.get, number=numbers.get)


def test_the_longest_delivery_of_what_is_bought():
    """Steel takes longer than chips at their shortest, but not as long as is usual; permits are not delivered."""
    assert longest_wait(["devices", "building"], Stages()) == ("The chips", (20.0, 10.0, 30.0))
    assert longest_wait(["building"], Stages()) == ("The steel", (15.0, 14.0, 40.0))
    assert longest_wait(["engine"], Stages()) == ("The wheels", (0.5, 0.25, 0.75))
    assert longest_wait(["air"], Stages()) == ("", (0.0, 0.0, 0.0))


def supply(dispatch=None, metered=None, capacity=None, plant=None):
    kinds = plant or {}
    return SimpleNamespace(
        dispatch_mw={k: np.array([0.0, v]) for k, v in (dispatch or {}).items()},
        metered_mw={k: np.array([v, 0.0]) for k, v in (metered or {}).items()},
        capacity_mw=capacity or {}, plant_of=lambda name: kinds.get(name, name),
    )  # fmt: skip


def test_ten_kilowatts_are_noise_and_fifteen_are_a_plant_or_a_grid():
    assert uses_grid(supply({"grid": 0.015}))
    assert not uses_grid(supply({"grid": 0.009}))
    assert uses_grid(supply({"line": 0.015}, plant={"line": "grid"}))
    assert not uses_grid(supply({"solar": 5.0}))
    assert uses_grid(supply({"solar": 5.0}, {"clean": 0.015}))
    assert not uses_grid(supply({"solar": 5.0}, {"clean": 0.009}))
    built = {"sun": 0.015, "dust": 0.009, "idle": 3.0, "grid": 3.0, "wire": 3.0, "unserved": 3.0, "export": 3.0}
    given = {name: 1.0 for name in (*built, "bought") if name != "idle"}
    assert own_power(supply(given, capacity=built, plant={"wire": "grid"})) == ["sun"]


def test_a_plan_on_the_grid_waits_for_its_connection():
    grid = supply({"grid": 1.0, "engine": 1.0}, capacity={"grid": 1.0, "engine": 1.0})
    usual = power_wait(grid, 3.5, 2026, None, Stages())
    assert (usual.years, usual.why, usual.unknown) == ((3.5, 3.5, 3.5), "a grid connection at the place", ())
    given = {year: power_wait(grid, 3.5, 2026, year, Stages()) for year in (2020, 2026, 2027, 2030)}
    assert [w.years for w in given.values()] == [(0.0,) * 3, (0.0,) * 3, (1.0,) * 3, (4.0,) * 3]
    assert given[2030].why == "a grid connection energised in 2030"
    assert not given[2030].warnings


def test_a_plan_of_its_own_waits_for_the_plant_that_takes_longest():
    """Chips 20 months, 10 to 30; who waits for nothing known is told so, and a year of a connection is not used."""
    own = supply({"a": 1.0, "b": 1.0}, capacity={"a": 1.0, "b": 1.0}, plant={"a": "servers", "b": "engine"})
    found = power_wait(own, 3.5, 2026, None, Stages())
    assert found.years == pytest.approx((20 / 12, 10 / 12, 30 / 12))
    assert (found.why, found.unknown, found.warnings) == ("the chips", (), ())
    strange = supply({"a": 1.0, "c": 1.0}, capacity={"a": 1.0, "c": 1.0}, plant={"a": "servers", "c": "magic"})
    found = power_wait(strange, 3.5, 2026, 2030, Stages())
    assert (found.why, found.unknown) == ("the chips", ("magic",))
    assert [w.code for w in found.warnings] == ["energisation-unused", "delivery-unknown"]
    nothing = power_wait(supply(), 3.5, 2026, None, Stages())
    assert (nothing.years, nothing.why) == ((0.0, 0.0, 0.0), "own plant")


def test_the_start_waits_for_the_latest_of_delivery_power_and_building():
    """Two years of building; deliveries of 30, 12 and 60 months; power after 1, 4 and 2 years: 2.5, 4 and 5 years."""
    start = earliest_start(2026, (30.0, 12.0, 60.0), (1.0, 4.0, 2.0), 2.0)
    assert start.year == (2028.5, 2030.0, 2031.0)
    assert start.late_months == (6.0, 24.0, 36.0)
    ready = earliest_start(2026, (12.0, 6.0, 18.0), (1.0, 0.0, 1.5), 2.0)
    assert (ready.year, ready.late_months) == ((2028.0,) * 3, (0.0,) * 3)
    assert waiting.MONTHS_PER_YEAR == 12
