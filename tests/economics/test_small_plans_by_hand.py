"""Plans of half a token, half a dollar and one device: figures stop at nothing, not at one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.catalog.money import Deflator
from wattscale.economics import company, stage
from wattscale.economics.company import Credits, company_figures, credits_of
from wattscale.economics.result import CostLine
from wattscale.scenario.economics import EconomicsTable

RANGES = {"tco_usd_per_year": (0.8, 0.7, 0.9), "capital_usd": (0.5, 0.4, 0.6), "serving": (0.4, 0.3, 0.5),
          "tokens": (0.5, 0.4, 0.7)}  # fmt: skip


def line(part, segment, capital=0.0, annuity=0.0, running=0.0, life=10.0):
    return CostLine(part, segment, capital, life, annuity, running, 0.0, 0.0)


def plan(out=0.5, in_=0.5, serves=True, sold=True, trains=True, runs=True, devices=None, figures=None, **costs):
    """A costed plan of cents; `sold` and `runs` say what the workload asks for, `serves` and `trains` what is built."""
    given = {
        "tokens": 0.5,
        "serving": 0.4,
        "training": 0.3,
        "run": 0.05,
        "amortised": 0.1,
        "serving_capital": 0.2,
        **costs,
    }
    recipe = SimpleNamespace(
        output_mtok_per_year=out, input_mtok_per_year=in_, requests_per_year=0.25, output_tokens=2.0
    )  # fmt: skip
    built = SimpleNamespace(input_compute_share=0.2, devices=0.5, devices_per_replica=1, tokens_per_s_per_device=1e-3)
    compute = SimpleNamespace(
        serving=built if serves else None, training=SimpleNamespace() if trains else None, figures=figures or {},
        design_it_power_mw=0.25, devices_by_accelerator={"A": 0.25} if devices is None else devices,
    )  # fmt: skip
    workload = SimpleNamespace(serving=recipe if sold else None, training=SimpleNamespace() if runs else None)
    table = SimpleNamespace(purchase_year=2026, requests_per_user_day=5.0, price_per_mtok_usd=0.5)
    lines = [line("network", "network", 0.4, 0.1, 0.05), line("storage", "storage", 0.1, 0.02),
             line("cooling", "cooling", 0.3, 0.07), line("fuel", "energy", 0.0, 0.0, 0.2)]  # fmt: skip
    return SimpleNamespace(
        tco=0.8, running=0.25, capital=0.5, electricity_usd=0.3, energy_mwh=0.6, lines=lines, table=table,
        costs=SimpleNamespace(**given), compute=compute, workload=workload,
    )  # fmt: skip


def costs(**given):
    figures, warnings = stage._cost_figures(plan(**given), RANGES)
    return figures, [w.code for w in warnings]


def test_ratios_of_cents():
    """Hardware 0.12, energy 0.2 of 0.25 running; 0.25 devices; over each of them what stands above."""
    found, codes = costs()
    assert {name: found[name] for name in ("electricity_share", "electricity_share_of_running", "lcoe_usd_per_mwh",
                                           "electricity_to_hardware_ratio", "breakeven_electricity_usd_per_mwh",
                                           "capital_usd_per_mw_it", "usd_per_device_hour")} == pytest.approx(
        {
            "electricity_share": 0.375, "electricity_share_of_running": 0.8, "lcoe_usd_per_mwh": 0.5,
            "electricity_to_hardware_ratio": 2.5, "breakeven_electricity_usd_per_mwh": 0.2,
            "capital_usd_per_mw_it": 2.0, "usd_per_device_hour": 0.8 / 2190,
        }
    )  # fmt: skip
    assert (found["hardware_usd_per_year"], found["running_usd_per_year"]) == pytest.approx((0.12, 0.25))
    assert codes == []


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"serves": False}, ["no-serving"]), ({"sold": False}, ["no-serving"]), ({"out": 0.0}, ["no-serving"]),
        ({"trains": False}, ["no-training"]), ({"runs": False}, ["no-training"]),
    ],
)  # fmt: skip
def test_what_is_not_asked_for_or_not_built_has_no_cost(given, codes):
    found, told = costs(**given)
    assert told == codes
    assert ("usd_per_mtok" in found) is ("no-serving" not in codes)
    assert ("usd_per_training_run" in found) is ("no-training" not in codes)


@pytest.mark.parametrize(
    ("amortised", "rest", "codes"),
    [(0.1, 0.2, []), (0.3, 0.0, []), (0.3 * (1 + 0.5e-9), 0.0, []), (0.3 * (1 + 1.5e-9), 0.0, ["training-overbooked"])],
)
def test_training_beside_the_runs_and_runs_a_billionth_too_many(amortised, rest, codes):
    found, told = costs(amortised=amortised)
    assert found["other_training_usd_per_year"] == pytest.approx(rest)
    assert told == codes


def test_tokens_of_cents():
    """0.5 USD for half a million tokens out, a fifth of the work for half a million in; a fifth is training's."""
    costed = plan()
    found = stage._token_figures(costed, costed.workload.serving, RANGES["tokens"])
    assert found["usd_per_mtok"] == pytest.approx((1.0, 0.8, 1.4))
    assert {k: v for k, v in found.items() if k != "usd_per_mtok"} == pytest.approx(
        {
            "usd_per_mtok_serving_only": 0.8, "usd_per_mtok_output": 0.8, "usd_per_mtok_input": 0.2,
            "usd_per_request": 2.0, "training_share_of_tokens": 0.2,
        }
    )  # fmt: skip
    free = plan(in_=0.0, tokens=0.0, serving=0.0, amortised=0.0)
    found = stage._token_figures(free, free.workload.serving, (0.0, 0.0, 0.0))
    assert found["usd_per_mtok"] == (0.0, 0.0, 0.0)
    assert (found["training_share_of_tokens"], found["usd_per_mtok_output"]) == (0.0, 0.0)
    assert "usd_per_mtok_input" not in found


@pytest.mark.parametrize(
    ("fleet", "low", "high"),
    [((0.5, 0.25, 0.75), 0.2, 0.2), ((0.5, 0.0, 2.0), 0.4, 1.2), ((0.0, 0.0, 1.0), 0.0, 0.0), (0.5, 0.0, 0.0)],
)
def test_doubt_about_the_fleet_joins_that_of_the_prices(fleet, low, high):
    """0.4 USD of serving follow the devices: half fewer 0.2 less, four times as many 1.2 more; prices 0.1 and 0.2."""
    costed = plan(figures={"serving.devices": fleet})
    found = stage._fleet_range(costed, RANGES["tokens"])
    assert found == pytest.approx((0.5 - (0.01 + low**2) ** 0.5, 0.5 + (0.04 + high**2) ** 0.5))


def chosen(monkeypatch, costed, figures=None):
    monkeypatch.setattr(stage, "rent_figures", lambda devices, hour, year, _: {"rent": (devices, hour, year)})
    monkeypatch.setattr(stage, "affordability_figures", lambda request, day, _: {"afford": (request, day)})
    return stage._choice_figures(costed, figures or {}, None)


def test_choices_of_a_plan_of_half_a_device(monkeypatch):
    """One device where there is half of one: twice the 0.2 of capital and the 0.4 a year; 31.536 Mtok at 0.5 USD."""
    figures = {"usd_per_device_hour": 0.5, "usd_per_request": 0.25}
    found = chosen(monkeypatch, plan(), figures)
    assert (found.pop("rent"), found.pop("afford")) == (({"A": 0.25}, 0.5, 2026), (0.25, 5.0))
    assert found == pytest.approx(
        {
            "smallest_operator_capital_usd": 0.4, "smallest_operator_usd_per_year": 0.8,
            "smallest_operator_mtok_per_year": 31.536e-3, "smallest_operator_breakeven_load_ratio": 0.8 / 15.768e-3,
            "smallest_operator_requests_per_day": 1.6e6 / 2 / 365,
        }
    )  # fmt: skip
    assert not {"rent", "afford"} & set(chosen(monkeypatch, plan(), {"usd_per_device_hour": (0.5, 0.4, 0.6)}))


def test_choices_without_serving_a_price_or_tokens(monkeypatch):
    assert chosen(monkeypatch, plan(serves=False)) == {}
    idle = plan()
    idle.compute.serving.devices = 0.0
    assert chosen(monkeypatch, idle) == {}
    for costed in (plan(sold=False), plan()):
        costed.table.price_per_mtok_usd = 0.5 if costed.workload.serving is None else 0.0
        found = chosen(monkeypatch, costed)
        assert "smallest_operator_capital_usd" in found
        assert "smallest_operator_breakeven_load_ratio" not in found


@pytest.mark.parametrize(
    ("price", "output", "hour", "expected"),
    [(3.0, 0.5, None, 3.2), (None, 0.5, None, None), (3.0, 0.0, None, None), (3.0, 0.5, 2.0, None),
     ((3.0, 2.0, 4.0), 0.5, None, None)],
)  # fmt: skip
def test_price_of_tokens_that_pay_the_runs_too(monkeypatch, price, output, hour, expected):
    """0.1 USD of runs over half a million tokens on top; none without price or tokens, or where runs are sold."""
    found = {} if price is None else {"price_for_target_irr_usd_per_mtok": price}
    monkeypatch.setattr(stage, "revenues", lambda _: (1.0, 2.0))
    monkeypatch.setattr(stage, "credits_of", lambda *_: None)
    monkeypatch.setattr(stage, "company_figures", lambda *_: (dict(found), ["company"]))
    monkeypatch.setattr(stage, "power_price_figures", lambda *_, **given: ({"seed": given}, ["price"]))
    costed = plan(out=output)
    costed.table = EconomicsTable(training_price_usd_per_device_hour=hour, risk_paths=3, risk_seed=9)
    site = SimpleNamespace(country="US", price_usd_per_mwh=np.ones(8760), calendar=None)
    supply = SimpleNamespace(dispatch_mw={}, cost_usd_per_year={})
    catalog = SimpleNamespace(value=lambda table, key: {"power_price.year_log_sd": 0.3}[key])
    figures, warnings = stage._risk_figures(costed, [], site, supply, catalog)
    assert figures.get("price_for_target_irr_runs_paid_usd_per_mtok") == (
        None if expected is None else pytest.approx(expected)
    )
    assert figures["seed"] == {"paths": 3, "seed": 9, "level_log_sd": 0.3}
    assert warnings == ["company", "price"]


def test_a_plan_of_one_device(make):
    """One device is bought; a flat price of electricity pays for the grid connection, and so does a campus without."""
    one = make(serving_devices=1, training_devices=0, serving_mw=1e-3)

    def run(parts, **table):
        result = stage.run(EconomicsTable(risk_paths=0, **table), *parts, load_catalog(), extras=False)
        return {each.part: each for each in result.lines}, result.figures

    lines, figures = run(one, accelerator_price_usd=30_000.0)
    assert lines["accelerators"].capital_usd == pytest.approx(30_000.0)
    cost = Deflator(load_catalog()).to_base(load_catalog().figure("dc_costs", "grid_connection.cost")).value
    assert lines["grid_connection"].capital_usd == pytest.approx(1.2e-3 * cost)
    assert figures["lcoe_usd_per_mwh"] == pytest.approx(figures["electricity_usd_per_year"] / (1.2e-3 * 8760))
    flat, _ = run(one, accelerator_price_usd=30_000.0, electricity_price_usd_per_mwh=60.0)
    assert flat["grid_connection"].capital_usd == 0.0
    *before, supply = one
    island = replace(supply, capacity_mw={}, dispatch_mw={"unserved": np.full(8760, 2e-4)})
    lines, figures = run((*before, island), accelerator_price_usd=30_000.0)
    assert lines["grid_connection"].capital_usd == 0.0
    assert figures["lcoe_usd_per_mwh"] == pytest.approx(figures["electricity_usd_per_year"] / (1e-3 * 8760))


LAW = {
    "sun": {"itc": SimpleNamespace(itc_share=0.5)},
    "mill": {"ptc": SimpleNamespace(ptc_usd_per_mwh=20.0, price_year=2022, ptc_years=10.0)},
    "dam": {"ptc": SimpleNamespace(ptc_usd_per_mwh=8.0, price_year=2024, ptc_years=5.0),
            "itc": SimpleNamespace(itc_share=0.9)},
}  # fmt: skip


def credits(monkeypatch, parts, made=None, capital=0.25):
    """Credits of lines of 0.25 USD each, for plants that the user calls by names of his own."""
    monkeypatch.setattr(company, "tax_credits", lambda country, kind, year, _: LAW.get(kind, {}))
    factors = {2022: 1.25, 2024: 1.0}
    monkeypatch.setattr(company, "Deflator", lambda _: SimpleNamespace(factor=lambda currency, year: factors[year]))
    lines = [line(part, "power", capital) for part in parts]
    supply = SimpleNamespace(
        plant_of=lambda name: {"roof": "sun"}.get(name, name),
        dispatch_mw={name: np.array([mwh, mwh]) for name, mwh in (made or {}).items()},
    )  # fmt: skip
    return credits_of(SimpleNamespace(credits="us", purchase_year=2026), lines, supply, "US", None)


def test_credits_of_small_plants(monkeypatch):
    """Half of 0.25 in 0.5 of capital; 0.4 MWh at 25 USD for ten years, then 0.2 at 8 for five: the longer counts."""
    assert credits(monkeypatch, ["roof.capital", "shell"]) == Credits(0.25, 0.0, 0)
    both = credits(monkeypatch, ["mill.capital", "dam.capital"], {"mill": 0.2, "dam": 0.1})
    assert both == Credits(0.0, pytest.approx(11.6), 10)
    assert credits(monkeypatch, ["dam.capital", "mill.capital"], {"mill": 0.2, "dam": 0.1}) == both
    assert credits(monkeypatch, ["mill.capital"]) == Credits(0.0, 0.0, 10)
    assert credits(monkeypatch, ["sun", "mill"], {"mill": 0.2}) == Credits(0.0, 0.0, 0)
    assert credits(monkeypatch, ["roof.capital"], capital=0.0) == Credits(0.0, 0.0, 0)


OWNERS = {
    "project_years": 2, "discount_rate": 0.0, "inflation_rate": 0.0, "tax_rate": 0.0, "construction_years": 0,
    "debt_years": 0, "depreciation": "straight_line_2", "target_irr": 0.25, "credits": "none",
}  # fmt: skip


@pytest.mark.parametrize(("times", "codes"), [(1010.0, ["no-target-price"]), (990.0, [])])
def test_prices_of_tokens_are_sought_up_to_a_thousand_times_the_cost(times, codes):
    """1.5 now; an annuity a, the only cost, leaves 1.5 - 2 a after two years; owners want 25 %, so the tokens must earn
    (1.5 - (1.5 - 2 a) / 1.5625) / 1.44 = (0.54 + 1.28 a) / 1.44 a year, which is so many times a.
    """
    annuity = 0.375 / (times - 1.28 / 1.44)
    lines = [line("shell", "facility", 1.5, annuity, life=2.0)]
    found, warnings = company_figures(EconomicsTable(**OWNERS), lines, (0.0, 0.0), 0.5, Credits(), load_catalog())
    assert [w.code for w in warnings] == codes
    price = found.get("price_for_target_irr_usd_per_mtok")
    assert price == (None if codes else pytest.approx(2 * times * annuity))
