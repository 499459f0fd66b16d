"""Energy, water, money and carbon close over the whole chain, for random scenarios (conventions 3, 7)."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattscale.chain import plan
from wattscale.scenario.load import load_scenario
from wattscale.stagecache import StageCache

CLOSE = 1e-6
CACHE = StageCache()

scenarios = st.fixed_dictionaries(
    {
        "workload": st.fixed_dictionaries(
            {
                "model": st.sampled_from(["Llama-3.1-8B", "Llama-3.1-70B"]),
                "training": st.fixed_dictionaries(
                    {
                        "tokens": st.sampled_from([0, 1e12, 15e12]),
                        "devices": st.sampled_from([1024, 4096]),
                        "rest_of_year": st.sampled_from(["idle", "off", "train"]),
                    }
                ),
                "serving": st.fixed_dictionaries({"requests_per_day": st.floats(1e5, 1e8)}),
            }
        ),
        "site": st.fixed_dictionaries({"name": st.sampled_from(["us_nova", "se_stockholm", "sg_singapore"])}),
        "facility": st.fixed_dictionaries(
            {"cooling": st.sampled_from(["air-economiser", "chiller", "direct-to-chip"])}
        ),
        "supply": st.fixed_dictionaries({"connection_mw": st.just(2000), "carbon_price_usd_per_t": st.floats(0, 200)}),
    }
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables=scenarios)
def test_energy_money_and_carbon_balances_close(tables):
    made = plan(load_scenario(tables), cache=CACHE)
    energy_balances_close(made)
    money_balances_close(made)
    carbon_balances_close(made)


def energy_balances_close(made):
    parts = [p.power_mw for p in (made.compute.training, made.compute.serving) if p is not None]
    parts_mw = np.sum(parts, axis=0) + made.compute.spare_power_mw
    np.testing.assert_allclose(made.compute.it_power_mw, parts_mw, rtol=CLOSE)
    np.testing.assert_allclose(made.facility.power_mw, made.facility.pue * made.compute.it_power_mw, rtol=CLOSE)
    by_use = sum(made.facility.energy_by_use_mwh.values())
    assert by_use == pytest.approx(made.facility.power_mw.sum(), rel=CLOSE)
    given_mw = np.sum(list(made.supply.dispatch_mw.values()), axis=0)
    taken_mw = made.facility.power_mw + np.sum([0.0, *made.supply.uses_mw.values()], axis=0)
    np.testing.assert_allclose(given_mw, taken_mw, atol=CLOSE)
    energy = made.figures["facility.energy_mwh"].value
    assert energy == pytest.approx(made.facility.power_mw.sum(), rel=CLOSE)
    assert made.figures["facility.pue"].value == pytest.approx(energy / made.compute.it_power_mw.sum(), rel=CLOSE)


def money_balances_close(made):
    assert sum(made.supply.cost_usd_per_year.values()) == pytest.approx(made.supply.total_usd_per_year, rel=CLOSE)
    lines = sum(line.total_usd_per_year for line in made.economics.lines)
    assert made.figures["economics.tco_usd_per_year"].value == pytest.approx(lines, rel=CLOSE)
    capital = sum(line.capital_usd for line in made.economics.lines)
    assert made.figures["economics.capital_usd"].value == pytest.approx(capital, rel=CLOSE)
    assert sum(made.impact.market_usd.values()) == pytest.approx(capital, rel=CLOSE)
    for line in made.economics.lines:
        assert line.low_usd_per_year <= line.total_usd_per_year * (1 + CLOSE)
        assert line.high_usd_per_year >= line.total_usd_per_year * (1 - CLOSE)


def carbon_balances_close(made):
    direct = made.supply.dispatch_mw["grid"] * made.site.carbon_kg_per_mwh
    np.testing.assert_allclose(made.supply.grid_carbon_kg, direct, rtol=CLOSE, atol=CLOSE)
    tonnes = made.supply.carbon_kg.sum() / 1000
    assert made.figures["impact.carbon_t_per_year"].value == pytest.approx(tonnes, rel=CLOSE)
    assert sum(made.impact.embodied_t.values()) == pytest.approx(made.figures["impact.embodied_t"].value, rel=CLOSE)
