"""Outlook files: scenarios and shocks are patches; wrong ones are told."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.outlook.drivers import read_drivers
from wattscale.outlook.scenario import SCENARIOS, SHOCKS, load_outlook
from wattscale.outlook.years import REGIONS, STAGES, place

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "06_outlook.toml"


def median(run, name, year):
    return float(np.median(run.accounts.world[name][place(year)]))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_loads_and_says_what_it_assumes(name):
    table = load_outlook(name)
    assert table.name
    assert table.about.endswith(".")


@pytest.mark.parametrize("name", SHOCKS)
def test_every_shock_is_laid_over_the_base_case(name):
    table = load_outlook({"shocks": [name]})
    assert table.shock
    assert table.name.startswith("Base, ")


def test_scenarios_order_as_their_stories_say(run_of, base):
    assert median(run_of("efficiency-first"), "electricity_twh", 2030) < median(base, "electricity_twh", 2030)
    assert median(run_of("constrained-supply"), "electricity_twh", 2030) < median(base, "electricity_twh", 2030)
    assert median(run_of("abundant-clean-power"), "electricity_twh", 2035) > median(base, "electricity_twh", 2035)
    assert median(run_of("disruption"), "electricity_twh", 2035) < median(base, "electricity_twh", 2035)


def test_clean_power_lowers_carbon_per_energy(run_of, base):
    clean = run_of("abundant-clean-power")
    rate = [median(r, "co2_mt", 2035) / median(r, "electricity_twh", 2035) for r in (clean, base)]
    assert rate[0] < 0.8 * rate[1]


def test_foundry_loss_cuts_shipments_and_raises_the_price_of_devices(run_of, base):
    hit = run_of({"shocks": ["foundry-loss"]})
    i = place(2028)
    assert np.median(hit.path.world["shipped_mw"][i]) < 0.5 * np.median(base.path.world["shipped_mw"][i])
    assert median(hit, "scarcity_price", 2028) > median(base, "scarcity_price", 2028)


def test_export_control_moves_devices_out_of_china(run_of, base):
    hit = run_of({"shocks": ["export-control"]})
    china = REGIONS.index("china")
    ai = [np.median(r.path.region["ai_twh"][place(2032), :, china]) for r in (hit, base)]
    assert ai[0] < 0.6 * ai[1]


def test_a_gas_price_spike_makes_power_dearer_where_gas_sets_the_price(run_of, base):
    hit = run_of({"shocks": ["gas-price-spike"]})
    i = place(2028)
    rise = np.median(
        hit.path.region["electricity_usd_per_mwh"][i] / base.path.region["electricity_usd_per_mwh"][i], axis=0
    )
    assert rise[REGIONS.index("us")] > 1.3
    assert rise[REGIONS.index("china")] < 1.15


def test_a_moratorium_slows_the_region_it_hits(run_of, base):
    hit = run_of({"shocks": ["connection-moratorium"]})
    us = REGIONS.index("us")
    twh = [np.median(r.accounts.region["electricity_twh"][place(2030), :, us]) for r in (hit, base)]
    assert twh[0] < 0.97 * twh[1]


@pytest.mark.parametrize(
    ("name", "figure", "year", "sign"),
    [
        ("foundry-loss", "unmet_share", 2028, 1), ("foundry-loss", "token_price_index", 2028, 1),
        ("foundry-loss", "investment_usd", 2028, -1), ("export-control", "electricity_twh", 2032, -1),
        ("gas-price-spike", "token_price_index", 2028, 1), ("gas-price-spike", "electricity_twh", 2028, -1),
        ("connection-moratorium", "unmet_share", 2029, 1), ("connection-moratorium", "ai_twh", 2029, -1),
    ],
)  # fmt: skip
def test_every_shock_moves_figures_the_way_its_story_says(run_of, base, name, figure, year, sign):
    hit = run_of({"shocks": [name]})
    change = np.mean(hit.accounts.world[figure][place(year)]) - np.mean(base.accounts.world[figure][place(year)])
    assert sign * change > 0


@pytest.mark.parametrize(
    ("name", "figure", "year", "sign"),
    [
        ("efficiency-first", "token_price_index", 2030, -1), ("constrained-supply", "unmet_share", 2030, 1),
        ("constrained-supply", "investment_usd", 2030, -1), ("abundant-clean-power", "co2_mt", 2035, -1),
        ("abundant-clean-power", "investment_usd", 2035, 1), ("disruption", "investment_usd", 2030, -1),
    ],
)  # fmt: skip
def test_every_scenario_moves_figures_the_way_its_story_says(run_of, base, name, figure, year, sign):
    run = run_of(name)
    change = np.mean(run.accounts.world[figure][place(year)]) - np.mean(base.accounts.world[figure][place(year)])
    assert sign * change > 0


def test_a_shock_of_transformers_delays_power(run_of, base):
    hit = run_of({"shock": [{"target": "transformers", "start": 2027, "years": 2, "factor": 0.3}]})
    i = place(2028)
    connected = [r.path.region["connected_mw"][i].sum() for r in (hit, base)]
    assert connected[0] < 0.7 * connected[1]
    assert (hit.path.world["binding"][i] == STAGES.index("transformers")).mean() > 0.5


def test_a_loss_of_output_is_answered_by_orders(run_of, base):
    hit = run_of({"shocks": ["foundry-loss"]})
    orders = [r.path.stages["ordered_mw", "packaging"][place(2028) : place(2032)].mean() for r in (hit, base)]
    assert orders[0] > orders[1]


@pytest.mark.parametrize("name", [*SCENARIOS, *SHOCKS])
def test_a_name_and_its_file_as_a_patch_give_the_same(run_of, tmp_path, name):
    """A scenario or shock is a patch in TOML: its text in an own file does what its name does."""
    text = (files("wattscale.outlook") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    named = load_outlook({"shocks": [name]} if name in SHOCKS else name)
    own = load_outlook(path)
    assert own.changes() == named.changes()
    assert own.shock == named.shock
    assert own.carbon == named.carbon


def test_the_same_seed_gives_the_same_figures_and_another_does_not(run_of, catalog, units):
    from wattscale.outlook.simulate import simulate

    table = load_outlook().model_copy(update={"draws": 60})
    again = simulate(table, units, catalog)
    other = simulate(table.model_copy(update={"seed": 2}), units, catalog)
    first = run_of().accounts.world["electricity_twh"]
    assert np.array_equal(first, again.accounts.world["electricity_twh"])
    assert not np.array_equal(first, other.accounts.world["electricity_twh"])


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"scenario": "bse"}, "Did you mean 'base'"),
        ({"shocks": ["foundry-los"]}, "Did you mean 'foundry-loss'"),
        ({"draw": 5}, "Did you mean 'draws'"),
        ({"draws": 3}, "draws"),
        ({"shock": [{"target": "grids.us", "start": 2027, "years": 1, "factor": 0.5}]}, "Did you mean 'grid'"),
        ({"shock": [{"target": "grid.usa", "start": 2027, "years": 1, "factor": 0.5}]}, "grid.us"),
        ({"shock": [{"target": "grid", "start": 2020, "years": 1, "factor": 0.5}]}, "start"),
        ({"shock": [{"target": "grid", "start": 2044, "years": 3, "factor": 0.5}]}, "allowed: 1 to 2"),
        ({"shock": [{"target": "demand.us", "start": 2030, "years": 3, "factor": 0.0}]}, "allowed: 0.02 to 100"),
        ({"drivers": {"demand.growth_start": {"mode": 1.2}}}, "unknown key .allowed: low, value, high"),
        ({"drivers": {"demand.growth_start": {"times": 0}}}, "demand.growth_start.times = 0"),
        ({"drivers": {"demand": {"growth_start": 1.2}}}, 'quotes: "demand.growth_start"'),
    ],
)
def test_a_wrong_outlook_file_is_told(tables, words):
    with pytest.raises(InputError, match=words):
        load_outlook(tables)


@pytest.mark.parametrize(
    ("drivers", "words"),
    [
        ({"demand.growth_strt": 1.0}, "Did you mean 'demand.growth_start'"),
        ({"demand.growth_start": {"low": 2.0, "value": 1.0, "high": 3.0}}, "out of order"),
        ({"demand.growth_start": {"low": 1.5}}, "out of order"),
        ({"hardware.life": {"low": 0.0, "value": 1.0, "high": 3.0}}, "allowed: above 0"),
        ({"grid.level": -0.5}, "allowed: 0 or more"),
        ({"training.share_start": 1.2}, "allowed: 0 to 1"),
        ({"training.share_start": 1.0}, "serve nothing"),
        ({"demand.growth_start": 1e300}, r"outside the allowed range \(allowed: -3 to 20 1/year\)"),
        ({"hardware.life": {"times": 1e9}}, "outside the allowed range"),
    ],
)
def test_a_wrong_driver_is_told(run_of, drivers, words):
    with pytest.raises(InputError, match=words):
        run_of({"drivers": drivers})


def test_ends_without_a_value_keep_the_median(catalog):
    changes = load_outlook({"drivers": {"demand.growth_start": {"low": 1.4, "high": 1.45}}}).changes()
    before, after = (read_drivers(catalog, given)["demand.growth_start"] for given in ({}, changes))
    assert (after.low, after.value, after.high) == (1.4, before.value, 1.45)


def test_growth_may_be_turned_around(run_of, base):
    falling = run_of({"drivers": {"demand.growth_start": -1.0}})
    i = place(2030)
    assert np.median(falling.accounts.world["ai_twh"][i]) < np.median(base.accounts.world["ai_twh"][place(2025)])


@pytest.mark.parametrize("target", ["grid", "turbines"])
def test_power_may_stop_altogether(run_of, target):
    found = run_of({"shock": [{"target": target, "start": 2027, "years": 2, "factor": 0.0}]}, draws=16)
    kind = {"grid": "grid", "turbines": "gas"}[target]
    assert not found.path.added[kind][place(2027)].any()


def test_a_missing_file_is_told():
    with pytest.raises(InputError, match="no such file"):
        load_outlook("nowhere.toml")


def test_a_mistyped_scenario_is_told():
    with pytest.raises(InputError, match="Did you mean 'base'"):
        load_outlook("bse")


def test_an_own_file_keeps_its_name_over_scenario_and_shocks():
    table = load_outlook(EXAMPLE)
    assert table.name == "Slow connections and cautious demand"
    assert len(table.shock) == 3
    assert set(table.changes()) == {"demand.growth_start", "capital.market_ratio"}
