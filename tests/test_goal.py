"""Goal seeking finds the value asked for, and says so plainly when it cannot."""

import pytest

import wattscale as ws
from wattscale.errors import InputError


@pytest.fixture(scope="module")
def small():
    return ws.load(
        {
            "workload": {"model": "Llama-3.1-8B", "training": {"tokens": 0}, "serving": {"requests_per_day": 5e7}},
            "site": {"name": "se_stockholm"},
        }
    )


@pytest.mark.slow
def test_requests_that_fill_a_power_limit(small):
    goal = ws.solve(small, "workload.serving.requests_per_day", "facility.peak_mw=1")
    assert goal.reached == pytest.approx(1.0, rel=0.02)
    again = ws.plan(goal.scenario)
    assert again.figures["facility.peak_mw"].value == goal.reached
    assert goal.unit == "MW"


def test_carbon_cap_is_met_by_the_cap_itself(small):
    goal = ws.solve(
        ws.apply_patch(small, ws.Patch("flat", {"economics.electricity_price_usd_per_mwh": 50.0})),
        "economics.electricity_price_usd_per_mwh",
        "supply.cost_usd_per_mwh=80",
    )
    assert goal.reached == pytest.approx(80.0, rel=1e-3)
    assert goal.value == pytest.approx(80.0, rel=0.02)


def test_whole_numbers_stay_whole():
    goal = ws.solve(ws.load(), "workload.training.devices", "compute.training.days=60")
    assert goal.value == int(goal.value)
    assert goal.reached == pytest.approx(60, rel=0.05)


def test_a_target_out_of_reach_names_the_nearest(small):
    with pytest.raises(InputError, match="The nearest is"):
        ws.solve(small, "economics.price_per_mtok_usd", "facility.peak_mw=1000")


def test_a_field_without_a_value_asks_for_one(small):
    with pytest.raises(InputError, match=r"--set supply\.land_ha"):
        ws.solve(small, "supply.land_ha", "facility.peak_mw=1")


def test_trials_are_told_as_they_happen(small):
    seen = []
    ws.solve(small, "economics.price_per_mtok_usd", "economics.revenue_usd_per_year=1e7", lambda *t: seen.append(t))
    assert [number for number, _, _ in seen] == list(range(1, len(seen) + 1))


def test_a_value_of_zero_is_a_place_to_start(small):
    goal = ws.solve(small, "site.warming_c", "facility.pue=1.1")
    assert goal.reached == pytest.approx(1.1, abs=1e-4)
    assert 0 < goal.value < 10


def test_a_price_may_have_to_fall_below_zero(small):
    flat = ws.apply_patch(small, ws.Patch("flat", {"economics.electricity_price_usd_per_mwh": 50.0}))
    goal = ws.solve(flat, "economics.electricity_price_usd_per_mwh", "supply.cost_usd_per_mwh=-20")
    assert goal.value == pytest.approx(-20, rel=0.02)


def test_a_start_that_cannot_be_planned_is_left_for_the_nearest_that_can():
    scenario = ws.load({"workload": {"training": {"days": 50}, "serving": {"requests_per_day": 0}}})
    goal = ws.solve(scenario, "workload.training.days", "facility.peak_mw=20")
    assert goal.reached == pytest.approx(20, rel=0.05)
    assert 50 < goal.value < 100


def test_a_figure_of_the_catalogue_can_be_varied_from_its_own_value(small):
    goal = ws.solve(small, "catalog.dc_costs/life.plant", "economics.tco_usd_per_year=5.5e5")
    assert goal.scenario.catalog["dc_costs/life.plant"] == goal.value
    with pytest.raises(InputError, match=r"does not reach 2e\+07 for catalog.dc_costs/life.plant from 1 to"):
        ws.solve(small, "catalog.dc_costs/life.plant", "economics.tco_usd_per_year=2e7")
    with pytest.raises(InputError, match="life"):
        ws.solve(small, "catalog.dc_costs/life.plnt", "economics.tco_usd_per_year=2e7")


def test_a_figure_that_stands_still_is_given_up_early(small):
    seen = []
    with pytest.raises(InputError, match="The nearest is"):
        ws.solve(small, "economics.price_per_mtok_usd", "facility.peak_mw=1000", lambda *t: seen.append(t))
    assert len(seen) < 20


def test_the_nearest_of_all_values_tried_is_given():
    goal = ws.solve(ws.load(), "workload.training.devices", "facility.peak_mw=20")
    low, high = min(x for x, _ in goal.trials), max(x for x, _ in goal.trials)
    assert low <= goal.value <= high
    assert abs(goal.reached - 20) == min(abs(f - 20) for _, f in goal.trials)


def test_no_value_is_tried_twice(small):
    """A logarithm and back moved the last digits, so the ends of the bracket were planned once more."""
    told = []
    ws.solve(small, "workload.serving.requests_per_day", "facility.peak_mw=9", lambda n, x, y: told.append(x))
    assert len({float(f"{x:.9g}") for x in told}) == len(told)
