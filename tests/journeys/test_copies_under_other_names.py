"""A copy of a catalogue row under another name gives the same plan: properties decide, never spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wattscale import chain
from wattscale.catalog import Catalog, load_catalog
from wattscale.scenario.load import load_scenario

SMALL = (
    "workload.model=Llama-3.1-8B", "workload.training.tokens=1e11", "workload.training.devices=64",
    "workload.serving.requests_per_day=1e6", "workload.serving.ttft_s=20", "compute.accelerator=A10",
)  # fmt: skip
COOLING = sorted(r.name for r in load_catalog().rows("cooling_technologies"))
ACCELERATORS = ("H100-SXM5-80GB", "B200-SXM", "GB200-NVL72 (per GPU)", "MI300X", "TPU v5p", "L40S")


def with_copy(catalog: Catalog, old: str, new: str) -> Catalog:
    """The catalogue with each row of a thing once more, under another name and without aliases."""
    tables = {}
    for name, table in catalog.tables.items():
        keys = [column for column in (table.key, "item") if column in table.meta["columns"]]
        copies = [{**row, keys[0]: new, "aliases": ""} for row in table.rows if row[keys[0]] == old] if keys else []
        if "aliases" not in table.meta["columns"]:
            copies = [{k: v for k, v in row.items() if k != "aliases"} for row in copies]
        tables[name] = replace(table, rows=(*table.rows, *copies))
    return Catalog(tables)


def figures(monkeypatch, catalog, table, key, value, extras):
    monkeypatch.setattr(chain, "load_catalog", lambda: catalog)
    scenario = load_scenario(None, SMALL)
    part = getattr(scenario, table).model_copy(update={key: value})
    found = chain.walk(scenario.model_copy(update={table: part}), "impact", extras=extras)
    return {
        f"{stage}.{name}": figure for stage, result in found.results.items() for name, figure in result.figures.items()
    }


def same_plan(monkeypatch, table, key, old, new, *, extras=False):
    catalog = load_catalog()
    own = figures(monkeypatch, catalog, table, key, old, extras)
    copy = figures(monkeypatch, with_copy(catalog, old, new), table, key, new, extras)
    assert own.keys() == copy.keys()
    for name, figure in own.items():
        assert copy[name] == pytest.approx(figure), name


@pytest.mark.slow
@pytest.mark.parametrize("cooling", COOLING)
def test_a_copy_of_a_cooling_technology_cools_the_same(monkeypatch, cooling):
    # Of `immersion`, called `two-phase`, the servers kept their fans: 7.9 % more energy.
    same_plan(monkeypatch, "facility", "cooling", cooling, "two-phase")


@pytest.mark.slow
@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_a_copy_of_an_accelerator_computes_and_costs_the_same(monkeypatch, accelerator):
    same_plan(monkeypatch, "compute", "accelerator", accelerator, "X1")


@pytest.mark.slow
def test_a_copy_of_an_accelerator_is_rented_at_the_same_price(monkeypatch):
    same_plan(monkeypatch, "compute", "accelerator", "H100-SXM5-80GB", "X1", extras=True)
