from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

import pytest

from wattscale.report import plan_card, report_html
from wattscale.report.words import STAGES
from wattscale.result import Plan

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Balance(HTMLParser):
    """Checks that every tag that opens is closed, in order, and gathers ids, classes and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(str(value))
            if key in ("href", "src", "xlink:href"):
                self.links.append(str(value))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(scope="module")
def parsed(page: str) -> Balance:
    found = Balance()
    found.feed(page)
    return found


def test_the_report_is_one_small_file_that_asks_for_nothing(page: str, parsed: Balance) -> None:
    assert len(page.encode()) < 3_000_000
    assert parsed.tags.isdisjoint({"script", "link", "iframe", "img"})
    assert all(link.startswith("#") for link in parsed.links)
    assert "url(http" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_report_is_well_formed_and_its_ids_are_unique(parsed: Balance) -> None:
    assert parsed.faults == []
    assert parsed.open == []
    doubled = {i for i in parsed.ids if parsed.ids.count(i) > 1}
    assert doubled == set()
    assert {link[1:] for link in parsed.links} <= set(parsed.ids)


def test_chapters_stand_in_the_order_of_the_chain(page: str) -> None:
    places = [page.index(f'<section id="{stage}"') for stage in ("summary", *STAGES, "assumptions", "sources")]
    assert places == sorted(places)


def test_the_report_shows_every_figure_with_its_name(page: str, plan: Plan) -> None:
    for figure in plan.figures.values():
        assert f'id="{figure.name}"' in page
        assert figure.title in page


def test_the_first_page_speaks_in_plain_words(page: str) -> None:
    text = re.sub(r"<[^>]+>", "", page[: page.index('id="workload"')])
    assert "Train the language model Llama-3.1-405B on 15.6 trillion tokens" in text
    assert "20 million requests a day" in text
    assert "Owning and running it costs $542 million a year, of which electricity is 12.6 %." in text
    assert "monthly normals" in text


def test_the_weakest_source_comes_first(page: str) -> None:
    sources = page[page.index('<section id="sources"') :]
    assert sources.index("technologies/gas.leak") < sources.index("power/idle.share") < sources.index("ups/2n.loss")


def test_assumptions_tell_defaults_from_own_choices(page: str) -> None:
    part = page[page.index('<section id="assumptions"') : page.index('<section id="sources"')]
    row = next(r for r in part.split("<tr>") if "<code>supply.cfe_hourly_share</code>" in r)
    assert "own" in row
    assert ">90 %<" in row
    row = next(r for r in part.split("<tr>") if "<code>economics.price_per_mtok_usd</code>" in r)
    assert "range" in row
    assert "$3 to $8" in row
    row = next(r for r in part.split("<tr>") if "<code>workload.training.devices</code>" in r)
    assert "preset first-campus" in row


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the charts out of the page, for tests of its words."""
    monkeypatch.setattr(
        "wattscale.report.page.render", lambda spec, prefix: f"<svg>{escape(spec['description'])}</svg>"
    )


@pytest.mark.usefixtures("undrawn")
def test_text_of_the_user_is_escaped(make_plan: Callable[..., Plan]) -> None:
    evil = make_plan('<script>alert("x")</script> & Co')
    for text in (report_html(evil), plan_card(evil)):
        assert "<script" not in text
        assert "&lt;script&gt;" in text


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("part", ["training", "serving"])
def test_a_plan_of_training_or_serving_alone_is_told_without_the_other(
    plan: Plan, without: Callable[[Plan, str], Plan], part: str
) -> None:
    text = report_html(without(plan, part))
    assert ("Train the language model" in text) is (part != "training")
    assert ("requests a day" in text) is (part != "serving")
    assert "None" not in re.sub(r"<[^>]+>", "", text)


@pytest.mark.slow
def test_the_same_plan_gives_the_same_report(plan: Plan, page: str) -> None:
    assert report_html(plan) == page


@pytest.mark.usefixtures("undrawn")
def test_other_plans_make_a_chapter_of_comparison(plan: Plan, page: str, make_plan: Callable[..., Plan]) -> None:
    text = report_html(plan, [make_plan("Dearer", 1.2)])
    assert '<section id="comparison"' in text
    assert "+20 %" in text
    assert 'id="comparison"' not in page


def test_cost_lines_and_capacities_are_folded_below_the_figures(page: str, plan: Plan) -> None:
    assert f"{len(plan.economics.lines)} cost lines" in page
    supply = page[page.index('<section id="supply"') : page.index('<section id="economics"')]
    assert "<td>Battery</td>" in supply
    assert ">240 MWh<" in supply


def test_a_figure_opens_its_equation_and_inputs(plan: Plan, page: str) -> None:
    from wattscale.catalog.specs import figure_specs

    described = [s for s in figure_specs().values() if s.name in plan.figures and s.equation]
    for spec in described:
        row = page[page.index(f'<tr id="{spec.name}"') :].split("</tr>")[0]
        assert "Inputs: " in row or not spec.inputs


def test_the_card_names_headline_figures_and_warnings(plan: Plan) -> None:
    card = plan_card(plan)
    assert "71.2 MW" in card
    assert "monthly normals" in card
    assert card.count("<div") == card.count("</div>")
