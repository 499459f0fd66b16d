"""Orders of capacity: they answer scarcity, arrive after their lead time, and stay within their limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.outlook.constraints import DEVICE_STAGES, ORDERED
from wattscale.outlook.orders import ordered
from wattscale.outlook.years import FUTURE, place

SCENARIOS = ("base", "constrained-supply", "abundant-clean-power", "disruption")
future = slice(place(FUTURE[0]), None)


@settings(max_examples=60, deadline=None)
@given(
    stock=st.floats(0.1, 1e6),
    pipeline=st.floats(0, 1e6),
    wanted=st.floats(0, 1e7),
    slope=st.floats(0, 2),
    response=st.floats(0, 1),
    limit=st.floats(0, 0.5),
)
def test_an_order_is_never_negative_never_above_its_limit_and_zero_without_scarcity(
    stock, pipeline, wanted, slope, response, limit
):
    order = float(ordered(*(np.array(x) for x in (stock, stock, pipeline, wanted, slope, response, limit))))
    assert 0 <= order <= limit * stock * (1 + 1e-12)
    if wanted <= stock + pipeline:
        assert order == 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_arrives_that_was_not_ordered_before(run_of, scenario):
    stages = run_of(scenario).path.stages
    for stage in ORDERED:
        came = np.cumsum(stages["arrived_mw", stage], axis=0)
        asked = np.cumsum(stages["ordered_mw", stage], axis=0)
        assert (stages["arrived_mw", stage] >= 0).all()
        assert (came[1:] <= asked[:-1] * (1 + 1e-9) + 1e-6).all(), stage
        assert came[-1].max() > 0, stage


def test_an_order_arrives_around_its_lead_time(free_world):
    changes = {"packaging.lead": 2.0, "orders.limit": 0.1, "demand.latent": 1.4}
    _, path = free_world(changes)
    asked, came = path.stages["ordered_mw", "packaging"], path.stages["arrived_mw", "packaging"]
    np.testing.assert_allclose(came[place(2028) :], asked[place(2026) : -2], rtol=1e-12)
    assert came[: place(2028)].max() == 0


def test_without_an_answer_capacity_grows_at_its_usual_rate_only(free_world):
    world, path = free_world({"orders.response": 0.0})
    for stage in (*DEVICE_STAGES, "transformers", "turbines"):
        level = world.limits.start[stage][:, 0] * np.exp(np.cumsum(world.limits.growth[stage][1:], axis=0))
        np.testing.assert_allclose(path.stages["capacity_mw", stage][place(2027) :], level, rtol=1e-9)


def test_an_answer_shortens_scarcity_and_serves_more(free_world):
    lazy, quick = (free_world({"orders.response": r})[1] for r in (0.0, 0.8))
    late = slice(place(2029), place(2036))
    for stage in ("packaging", "grid"):
        assert quick.stages["scarcity", stage][late].mean() < lazy.stages["scarcity", stage][late].mean()
    unmet = [p.region["unmet_work"][late].sum() for p in (quick, lazy)]
    assert unmet[0] < unmet[1]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_queue_for_connections_balances(run_of, scenario):
    r = run_of(scenario).path.region
    flow = r["requested_mw"] - r["connected_mw"] - r["withdrawn_mw"]
    np.testing.assert_allclose(r["backlog_mw"][1:], r["backlog_mw"][:-1] + flow[1:], atol=1e-5)
    for name in ("backlog_mw", "requested_mw", "connected_mw", "withdrawn_mw"):
        assert (r[name][future] >= -1e-6).all(), name


def test_scarcity_prices_are_zero_where_capacity_suffices(base):
    w, stages = base.path.world, base.path.stages
    for stage in DEVICE_STAGES:
        enough = w["wanted_mw"] <= stages["capacity_mw", stage]
        assert (stages["scarcity", stage][future][enough[future]] == 0).all()
    assert (stages["scarcity", "packaging"][place(2026)] > 0).any()


@pytest.mark.parametrize("years", [0.5, 20.0])
def test_a_lead_time_that_the_model_cannot_carry_is_refused(free_world, years):
    with pytest.raises(InputError, match=r"turbines.lead.*1 to 9 years"):
        free_world({"turbines.lead": years})
