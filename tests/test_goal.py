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
