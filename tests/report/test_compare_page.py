from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from numpy.testing import assert_allclose

from wattscale.errors import InputError
from wattscale.report import compare_html
from wattscale.report.charts_compare import COMPARISONS
from wattscale.result import Plan


@pytest.fixture(scope="module")
def plans(make_plan: Callable[..., Plan]) -> list[Plan]:
    cheaper = {"facility": {"cooling": "chiller"}, "economics": {"price_per_mtok_usd": 2.0}}
    return [make_plan("A <one>"), make_plan("B", 1.1, cheaper), make_plan("B", 0.7)]


@pytest.fixture(scope="module")
def page(plans: list[Plan]) -> str:
    return compare_html(plans)


def text_of(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page)


def test_the_comparison_is_one_file_that_asks_for_nothing(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert all(link.startswith("#") for link in re.findall(r'(?:href|src)="([^"]*)"', page))


def test_the_comparison_shows_values_changes_and_the_inputs_that_differ(page: str) -> None:
    text = text_of(page)
    assert "A &lt;one&gt;" in text
    assert "B (2)" in text
    row = next(r for r in page.split("<tr>") if "Busiest hour of the campus" in r)
    assert re.findall(r"<b>([^<]+)</b>", row) == ["71.2 MW", "78.3 MW", "49.8 MW"]
    assert "+10 %" in row
    assert "−30 %" in row
    assert "facility.cooling" in text
    assert "supply.technologies" not in text


def test_ids_of_the_comparison_are_unique(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", list(COMPARISONS))
def test_comparison_charts_name_every_plan_and_carry_no_link(plans: list[Plan], name: str) -> None:
    draw, _ = COMPARISONS[name]
    spec = draw(plans, 720)
    assert spec is not None
    assert "A <one>; B; B (2)" in spec["title"]["subtitle"]
    assert "http" not in json.dumps(spec, allow_nan=False).replace(spec["$schema"], "")


def test_stacks_add_up_to_the_total(plans: list[Plan]) -> None:
    spec = COMPARISONS["cost_stacks"][0](plans, 720)
    assert spec is not None
    rows = spec["layer"][0]["data"]["values"]
    total = sum(line.total_usd_per_year for line in plans[0].economics.lines) / 1e6
    assert_allclose(sum(row["value"] for row in rows if row["plan"] == "A <one>"), total, rtol=1e-4)


def test_a_plan_keeps_its_colour_in_every_chart(plans: list[Plan]) -> None:
    def colour_of(name: str, plan: str) -> str:
        spec = COMPARISONS[name][0](plans, 720)
        assert spec is not None
        encoding = spec["encoding"] if "encoding" in spec else spec["layer"][0]["encoding"]
        scale = encoding["color"]["scale"]
        return str(dict(zip(scale["domain"], scale["range"], strict=True))[plan])

    assert colour_of("changes", "B") == colour_of("load_curves", "B") == colour_of("cost_and_carbon", "B")


def test_a_comparison_of_one_plan_is_refused(plans: list[Plan]) -> None:
    with pytest.raises(InputError, match="at least two plans"):
        compare_html(plans[:1])
