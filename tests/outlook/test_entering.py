"""Tomorrow's technologies enter the outlook: turn one up, and the outlook changes the way it should."""

import itertools

import numpy as np
import pytest

from wattscale.outlook.breakeven import adoption
from wattscale.outlook.drivers import central, read_drivers
from wattscale.outlook.entering import ENTERING, Entry
from wattscale.outlook.years import FUTURE, REGIONS, place

YEARS = {"train": np.array([0.3])}
QUANTUM = {
    "quantum.algorithm_probability": 1.0, "quantum.order": 4.0, "quantum.machine_year": 2030.0,
    "quantum.training_part": 0.9,
}  # fmt: skip
NEUROMORPHIC = {
    "neuromorphic.cost_ratio": 1.0, "neuromorphic.ready": 2027.0, "neuromorphic.gain": 10.0,
    "neuromorphic.potential": 0.8,
}  # fmt: skip
EDGE = {"edge.adoption": 0.9, "edge.size_median": 2.0, "edge.shipped_since": 2020.0}
MULTI_SITE = {"decentral.site_limit": 1.0}
LEDGER = {
    "decentral.device_penalty": 0.5, "decentral.ledger_overhead": 1.0, "decentral.pue_ratio": 1.0,
    "decentral.servable": 0.8,
}  # fmt: skip
RENEWABLE = {"renewable.tolerance": 9.0, "renewable.buildable": 0.9}


def drawn(run, name, year=2040):
    return np.median(run.accounts.world[name][place(year)])


@pytest.fixture(scope="module")
def middle(catalog):
    return dict(central(read_drivers(catalog, {})))


@pytest.mark.parametrize("changes", [QUANTUM, NEUROMORPHIC, EDGE, LEDGER], ids=["quantum", "neuro", "edge", "ledger"])
def test_a_technology_that_is_turned_up_lowers_the_electricity_of_ai_halls(run_of, base, changes):
    assert drawn(run_of({"drivers": changes}), "ai_twh") < 0.98 * drawn(base, "ai_twh")


def test_multi_site_training_costs_work_and_finds_power_elsewhere(run_of, free_world, base):
    """With power short in places, training that may move is served sooner; it waits for its slowest link."""
    never = {"decentral.site_limit": {"low": 1e8, "value": 1e8, "high": 1e8}}
    one, several = run_of({"drivers": never}), run_of({"drivers": MULTI_SITE})
    assert np.mean(several.path.region["demand_work"][place(2035)]) > np.mean(
        one.path.region["demand_work"][place(2035)]
    )


def test_matched_renewables_clean_the_mix(run_of, base):
    clean = run_of({"drivers": RENEWABLE})
    shares = [np.median(r.path.mix["renewables"][place(2040)], axis=0) for r in (clean, base)]
    assert (shares[0] > shares[1] + 0.05).all()
    assert drawn(clean, "co2_mt") < 0.9 * drawn(base, "co2_mt")
    assert np.allclose(sum(clean.path.mix.values()), 1.0)


def test_quantum_saves_training_only(run_of):
    """Even if all training goes, serving stays."""
    all_of_it = run_of({"drivers": {**QUANTUM, "quantum.training_part": 1.0, "adoption.imitation": 2.0}})
    none = run_of({"drivers": {"quantum.algorithm_probability": 0.0}})
    ratio = drawn(all_of_it, "ai_twh", 2045) / drawn(none, "ai_twh", 2045)
    assert 0.6 < ratio < 0.95


def test_nothing_enters_that_is_left_out(middle, units):
    found = adoption(middle, units, 1, without=("edge", "neuromorphic", "quantum"))
    assert all(not share.any() for share in found.values())


def entry(v, **changes):
    return Entry({**v, **{k.replace("__", "."): np.array([x]) for k, x in changes.items()}}, len(REGIONS))


FOUND = {
    "largest_run_mw": np.array([0.0]), "scarcity_price": np.array([1.0]), "matched_usd_per_mwh": np.array([1e9]),
    "grid_usd_per_mwh": np.full((1, len(REGIONS)), 80.0),
}  # fmt: skip


def test_what_never_pays_changes_nothing(middle):
    e = entry(middle)
    for year in FUTURE:
        now = e.in_year(year, YEARS["train"])
        assert now.training_work.tolist() == [1.0]
        assert now.mobility.tolist() == middle["scarcity.mobility"].tolist()
        assert not now.scattered.any()
        assert not now.matched.any()
        e.learn(year, FOUND)


def test_adoption_starts_the_year_after_it_pays_grows_and_ends_when_it_ceases(middle):
    e = entry(middle)
    shares = []
    for year in range(2026, 2036):
        shares.append(float(e.in_year(year, YEARS["train"]).scattered[0]))
        e.learn(year, {**FOUND, "scarcity_price": np.array([9.0 if year < 2033 else 1.0])})
    assert shares[0] == 0
    assert all(a < b for a, b in itertools.pairwise(shares[1:8]))
    assert shares[-1] == 0


def test_multi_site_training_moves_no_more_than_its_share(middle):
    e = entry(middle)
    for year in FUTURE:
        e.learn(year, {**FOUND, "largest_run_mw": np.array([1e6])})
    now = e.in_year(2060, YEARS["train"])
    base = middle["scarcity.mobility"][0]
    assert base < now.mobility[0] <= base + (1 - base) * 0.3
    assert now.training_work[0] > 1
    assert len(ENTERING) == 3
