"""A technology of one's own counts as what it is like, whatever it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wattscale.catalog import Catalog, load_catalog
from wattscale.economics.company import credits_of
from wattscale.economics.stage import run as run_economics
from wattscale.impact.factors import factor
from wattscale.impact.stage import run
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable

CATALOG = load_catalog()
KEYED = ("capacity_mw", "dispatch_mw", "capital_usd", "life_years")


def renamed(plan, old, new):
    """The same plan with a technology under another name, and what it is like beside it."""
    *before, supply = plan
    fields = {f: {new if k == old else k: v for k, v in getattr(supply, f).items()} for f in KEYED}
    costs = {(new + k[len(old) :] if k.startswith(f"{old}.") else k): v for k, v in supply.cost_usd_per_year.items()}
    return (*before, replace(supply, **fields, cost_usd_per_year=costs, plant={new: old}))


@pytest.mark.parametrize("name", ["mine", "gas-of-mine", "battery-2", "default"])
def test_a_copy_of_a_technology_has_the_same_effects_under_any_name(make, name):
    # `mine` had the embodied carbon of an unknown plant, no jobs and no lead time; `gas-of-mine` took those of gas.
    table = EconomicsTable(risk_paths=0, credits="law", purchase_year=2026)
    plan = make(solar_mw=8.0)
    own = renamed(plan, "solar", name)
    economics = [run_economics(table, *each, CATALOG) for each in (plan, own)]
    impacts = [run(ImpactTable(), *each, found, CATALOG) for each, found in zip((plan, own), economics, strict=True)]
    for stage in (economics, impacts):
        assert stage[1].figures.keys() == stage[0].figures.keys()
        for figure, value in stage[0].figures.items():
            assert stage[1].figures[figure] == pytest.approx(value), figure
    assert [w.code for w in impacts[1].warnings] == [w.code for w in impacts[0].warnings]
    credits = [
        credits_of(table, found.lines, each[-1], "US", CATALOG)
        for each, found in zip((plan, own), economics, strict=True)
    ]
    assert credits[1] == credits[0]
    assert credits[0].itc_share > 0.0 or credits[0].ptc_usd_per_year > 0.0


def test_two_plants_like_one_technology_count_together(make):
    *before, supply = make(solar_mw=8.0)
    split = {
        f: {k: v for k, v in getattr(supply, f).items() if k != "solar"}
        | {n: getattr(supply, f)["solar"] / 2 for n in ("east", "west")}
        for f in ("capacity_mw", "dispatch_mw", "capital_usd")
    }
    life = {**supply.life_years, "east": supply.life_years["solar"], "west": supply.life_years["solar"]}
    two = replace(supply, **split, life_years=life, plant={"east": "solar", "west": "solar"})
    economics = run_economics(EconomicsTable(risk_paths=0), *before, supply, CATALOG)
    one, both = (run(ImpactTable(), *before, each, economics, CATALOG) for each in (supply, two))
    assert both.figures["embodied_t"] == pytest.approx(one.figures["embodied_t"], rel=1e-2)  # ranges of two figures
    assert both.figures["jobs_construction_job_years"] == pytest.approx(one.figures["jobs_construction_job_years"])
    assert both.figures["water_source_m3_per_year"] == pytest.approx(one.figures["water_source_m3_per_year"])


def test_a_family_is_a_property_of_the_table_not_the_first_word_of_a_name():
    rows = CATALOG.table("technologies").rows
    copies = tuple({**row, "name": "recip", "aliases": ""} for row in rows if row["name"] == "gas-engine")
    table = replace(CATALOG.table("technologies"), rows=(*rows, *copies))
    catalog = Catalog({**CATALOG.tables, "technologies": table})
    for name in ("plant", "water"):
        assert factor(catalog, "embodied", "recip", name) == factor(catalog, "embodied", "gas-engine", name)
    assert factor(CATALOG, "embodied", "gas-of-mine", "plant") is None
    assert factor(CATALOG, "embodied", "wind-offshore", "plant").id == "embodied/wind-offshore.plant"
