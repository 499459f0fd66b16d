"""What devices cost with their servers: no part dearer than a better one, whole servers where their price is known."""

from __future__ import annotations

from itertools import permutations

import pytest

from wattscale.catalog import load_catalog
from wattscale.chain import figure_of, walk
from wattscale.economics.costs import Quantities, cost_lines
from wattscale.economics.prices import accelerator_price, host_price, price_book
from wattscale.errors import InputError
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.load import load_scenario

CATALOG = load_catalog()
SPREAD = 0.05
"""Prices of one device in one year differ by a quarter; a difference below this is none."""


def hardware_usd(name, **own):
    """Capital of one device with its server, network and storage [USD]."""
    row = CATALOG.row("accelerators", name)
    book = price_book(EconomicsTable(**own), [row.name], "chiller", "US", CATALOG)
    domain = int(row.number("link_domain_devices", 1.0))
    quantities = Quantities({row.name: 1.0}, {row.name: domain}, 0.0, 0.0, 0.0, {}, {}, {})
    lines = cost_lines(quantities, {key: figure.value for key, figure in book.items()}, 0.08)
    return {line.part: line.capital_usd for line in lines}


def priced():
    for row in CATALOG.rows("accelerators"):
        try:
            accelerator_price(EconomicsTable(), row.name, CATALOG)
        except InputError:
            continue
        yield row


def sold_alike(one, other):
    """Whether two parts are of one maker, generation and market; game cards sell for less than the like for servers."""
    same = all(one.text(c) == other.text(c) for c in ("vendor", "generation"))
    open_price = [row.text("price_terms") == "open" for row in (one, other)]
    return (
        same and open_price[0] == open_price[1] and abs(one.number("release_year") - other.number("release_year")) <= 1
    )


def no_better(one, other):
    """Whether a part is nowhere better than another of its kind."""
    if not sold_alike(one, other) or one.text("generation") == "default":
        return False
    columns = ("bf16_tflops", "memory_gb", "memory_tb_per_s", "link_gb_per_s", "link_domain_devices")
    return all(one.number(c, 0.0) <= other.number(c, 0.0) for c in columns)


PAIRS = [(one.name, other.name) for one, other in permutations(priced(), 2) if no_better(one, other)]


@pytest.mark.parametrize(("lesser", "better"), PAIRS)
def test_no_part_costs_more_than_one_that_is_nowhere_worse(lesser, better):
    # List prices stood beside those of large buyers: an H100 for PCIe was dearer than one with eight on a board.
    parts = ("accelerators", "servers", "network", "storage")
    low, high = (sum(hardware_usd(name)[part] for part in parts) for name in (lesser, better))
    assert low <= high * (1.0 + SPREAD)


def usd_per_device_hour(name):
    scenario = load_scenario(
        {
            "workload": {
                "model": "Llama-3.1-8B",
                "training": {"tokens": 0},
                "serving": {"requests_per_day": 4e8, "precision": "bf16", "kv_precision": "bf16", "ttft_s": 60,
                            "tpot_ms": 1000},
            },
            "compute": {"accelerator": name},
            "supply": {"connection_mw": "none"},
        }
    )  # fmt: skip
    found = figure_of(walk(scenario, "economics", extras=False), "economics.usd_per_device_hour")
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.slow
def test_device_hours_come_in_the_order_of_published_costs_of_ownership():
    # Published for nine parts by one producer (table `accelerators`). A B200 was 2.33 USD/h, a GB200 1.91; a B300 2.74,
    # a GB300 1.97.
    published = {r.name: r.number("tco_usd_per_h") for r in CATALOG.rows("accelerators") if r.has("tco_usd_per_h")}
    own = {name: usd_per_device_hour(name) for name in published}
    for one, other in permutations(published, 2):
        if published[one] < 0.9 * published[other]:
            assert own[one] < own[other], (one, other)
    ratios = [own[name] / published[name] for name in published]
    assert max(ratios) / min(ratios) < 1.4  # was 1.8
    assert own["B200-SXM"] < own["GB200-NVL72 (per GPU)"]


def test_a_dear_device_does_not_make_its_host_dearer():
    usual = hardware_usd("B200-SXM")["servers"]
    assert hardware_usd("B200-SXM", accelerator_price_usd=100_000.0)["servers"] == pytest.approx(usual)
    assert hardware_usd("B200-SXM", purchase_year=2040)["servers"] == pytest.approx(usual)


def test_the_rest_of_a_server_is_its_known_price_and_a_multiple_elsewhere():
    assert hardware_usd("B200-SXM")["servers"] == pytest.approx(11_200, rel=0.05)  # 2025 money in that of 2024
    assert host_price("L40S", CATALOG) is None
    l40s = hardware_usd("L40S")
    assert l40s["servers"] == pytest.approx(0.64 * l40s["accelerators"])


def test_a_rack_of_72_costs_what_racks_are_sold_for():
    rack = hardware_usd("GB200-NVL72 (per GPU)")
    assert 72 * (rack["accelerators"] + rack["servers"]) == pytest.approx(3.1e6, rel=0.05)


def test_a_list_price_is_brought_to_a_large_buyer_with_both_spreads():
    figure = accelerator_price(EconomicsTable(), "H100-PCIe-80GB", CATALOG)
    assert figure.value == pytest.approx(24_500 * 0.71)
    assert figure.low < 0.8 * figure.value
    assert figure.high > 1.25 * figure.value
    assert accelerator_price(EconomicsTable(), "RTX 4090", CATALOG).value == 1599.0


def test_terms_of_prices_are_known_words():
    for table, column in (("accelerator_prices", "terms"), ("accelerators", "price_terms")):
        for row in CATALOG.table(table).rows:
            assert row[column] in ("large", "list", "open") or not row.get("price_usd"), row
    terms = {}
    for row in CATALOG.table("accelerator_prices").rows:
        assert terms.setdefault(row["item"], row["terms"]) == row["terms"]
