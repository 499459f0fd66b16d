"""Journeys through the page in a browser without a window: what a planner does, from opening to sharing.

Needs Playwright for Python and a Chromium; skipped where either is missing.
"""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_moves import headline, set_number, settled

from wattscale.web.job_store import RESULT, JobStore, write_json

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MARKS_DRAWN = """[...document.querySelectorAll('.chart')].map((chart) => [chart.querySelector('h3').textContent,
    [...chart.querySelectorAll('.role-mark path')].filter((each) => {
        const box = each.getBBox();
        return Math.max(box.width, box.height) > 1 && Math.min(box.width, box.height) > 0.1;
    }).length])"""
"""Title of each chart of the page, and how many of its marks have a size."""
REDRAW_S = 0.3
"""Median time from a moved slider to new figures."""


def test_the_first_view_shows_the_headline_figures_and_a_chart(opened: Callable[..., Any]) -> None:
    page = opened()
    assert page.title() == "Wattscale"
    assert headline(page, "PUE").startswith("1.")
    page.wait_for_selector(".chart svg")
    assert "Energy from source to token" in page.locator(".chart h3").all_inner_texts()


def test_a_change_moves_the_figures_and_is_listed_and_undone(opened: Callable[..., Any]) -> None:
    page = opened()
    before = headline(page, "Serving devices")
    set_number(page, "Requests per day", "60,000,000")
    page.wait_for_selector(".own-list li")
    settled(page)
    assert headline(page, "Serving devices") != before
    assert "+" in page.locator(".strip .card", has_text="Serving devices").locator(".change").inner_text()
    page.get_by_role("button", name="Undo all").click()
    settled(page)
    assert headline(page, "Serving devices") == before


def test_every_tab_of_a_stage_has_figures_and_charts(opened: Callable[..., Any]) -> None:
    page = opened()
    for stage in ("Workload", "Compute", "Site", "Facility", "Supply", "Economics", "Impact"):
        page.get_by_role("tab", name=stage, exact=True).click()
        page.wait_for_selector(".figure")
        if stage != "Workload":
            page.wait_for_selector(".chart svg, .chart canvas")


def test_a_number_opens_its_formula_inputs_source_and_badge(opened: Callable[..., Any]) -> None:
    page = opened()
    page.locator(".strip .card", has_text="PUE").click()
    box = page.get_by_role("dialog")
    box.get_by_text("Formula").wait_for()
    text = box.inner_text()
    assert "facility.pue" in text
    assert "ISO/IEC 30134-2" in text
    assert re.search(r"measured|published|secondary|estimated|unverified", text)
    box.get_by_role("button", name="IT energy").click()
    box.get_by_text("facility.it_energy_mwh").wait_for()
    page.keyboard.press("Escape")
    assert not box.is_visible()


def test_plans_are_pinned_and_compared(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("button", name="Pin to compare").click()
    page.get_by_label("Cooling", exact=True).select_option("chiller")
    settled(page)
    page.get_by_role("button", name="Pin to compare").click()
    page.get_by_role("tab", name="Compare (2)").click()
    inputs = page.get_by_role("region", name="Inputs that differ")
    inputs.get_by_text("Cooling technology").wait_for()
    assert "chiller" in inputs.inner_text()
    assert page.get_by_role("region", name="Figures side by side").locator("tbody tr").count() > 10


def test_pins_outlive_a_reload_of_the_page(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("button", name="Pin to compare").click()
    page.get_by_role("tab", name="Compare (1)").click()
    page.get_by_label("Name of the pinned plan").fill("As it was")
    page.get_by_label("Name of the pinned plan").press("Tab")
    page.reload()
    page.get_by_role("tab", name="Compare (1)").click()
    assert page.get_by_label("Name of the pinned plan").input_value() == "As it was"
    page.get_by_role("button", name="Unpin As it was").click()
    page.reload()
    page.get_by_role("tab", name="Compare", exact=True).wait_for()


def test_a_link_holds_the_changes_and_opens_the_same_plan(opened: Callable[..., Any]) -> None:
    page = opened()
    set_number(page, "Grid connection", "40")
    page.get_by_role("tab", name="Supply", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Share", exact=True).click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    cost = headline(page, "Power cost")
    again = opened(link[link.index("#") :])
    settled(again)
    assert headline(again, "Power cost") == cost
    assert again.get_by_role("tab", name="Supply", exact=True).get_attribute("aria-selected") == "true"
    assert again.get_by_role("textbox", name="Grid connection").input_value() == "40"


def test_a_damaged_link_is_told_and_the_example_shown(opened: Callable[..., Any]) -> None:
    page = opened("#v=0&c=%%%")
    assert "damaged" in page.locator(".banner").inner_text()


def test_a_scenario_file_is_saved_and_loaded_again(opened: Callable[..., Any], tmp_path: Path) -> None:
    page = opened()
    set_number(page, "Discount rate", "11")
    settled(page)
    page.locator("summary", has_text="Files").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Scenario file (TOML)").click()
    saved = tmp_path / "scenario.toml"
    download.value.save_as(saved)
    other = opened()
    other.locator("input[type=file]").set_input_files(saved)
    other.wait_for_selector(".own-list li")
    assert other.get_by_role("textbox", name="Discount rate").input_value() == "11"


def test_a_choice_by_its_other_name_is_shown(opened: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "alias.toml").write_text('[compute]\naccelerator = "H200"\n')
    page = opened()
    page.locator("input[type=file]").set_input_files(tmp_path / "alias.toml")
    page.wait_for_selector(".own-list li")
    assert page.get_by_role("combobox", name="Accelerator").input_value() == "H200"


def test_the_plan_is_copied_as_a_command(opened: Callable[..., Any]) -> None:
    page = opened()
    set_number(page, "Grid connection", "80")
    page.locator("summary", has_text="Files").click()
    page.get_by_role("button", name="As command").click()
    page.get_by_text("Copied as a command").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "wattscale plan --set supply.connection_mw=80"


def test_a_file_with_contracts_and_whole_units_is_written_out_and_planned_as_a_job(opened: Callable[..., Any]) -> None:
    page = opened()
    page.locator("input[type=file]").set_input_files(EXAMPLES / "07_power_contracts.toml")
    page.wait_for_selector(".own-list li")
    page.locator(".own-list li", has_text="west-wind").wait_for()
    page.locator(".all > summary").click()
    page.get_by_label("Search settings").fill("unit")
    assert "[object" not in page.locator("body").inner_text()
    page.locator(".status .preview").wait_for()
    page.get_by_role("tab", name="Supply", exact=True).click()
    page.locator("h1", has_text="Power contracts").wait_for(timeout=150_000)
    settled(page)
    assert "[object" not in page.locator("body").inner_text()
    page.locator(".figure", has_text="Capacity built: gas engine").locator(".value", has_text="8.00 MW").wait_for()


def test_a_change_is_green_only_where_it_is_for_the_better(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("tab", name="Economics", exact=True).click()
    set_number(page, "Discount rate", "12")
    settled(page)
    delta = page.locator(".figure", has_text="Total cost of ownership").first.locator(".delta")
    assert delta.inner_text().startswith("+")
    assert "bad" in str(delta.get_attribute("class"))
    page.get_by_role("tab", name="Workload", exact=True).click()
    set_number(page, "Requests per day", "30 million")
    settled(page)
    neutral = page.locator(".figure", has_text="Requests").first.locator(".delta")
    assert neutral.get_attribute("class").split()[-1] not in ("good", "bad")


def test_a_change_of_a_share_is_told_in_points(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("combobox", name="Site").select_option("us_dallas")
    settled(page)
    changed = page.locator(".strip .card", has_text="Carbon free, hourly").locator(".change")
    page.wait_for_function("document.querySelector('.strip').innerText.includes('points')")
    assert "points" in changed.inner_text()
    assert "%" in page.locator(".strip .card", has_text="Power cost").locator(".change").inner_text()


CLAIM = {
    "id": 1, "statement": "A statement", "form": "a number", "unit": "1", "value": 2.0, "low": 1.0, "high": 3.0,
    "threshold": "above 1.5", "verdict": "true", "verdict_low": "false", "verdict_high": "true", "flip": "", "held": "",
    "sources": [],
}  # fmt: skip


def test_verdicts_at_the_ends_of_a_range_are_shown(opened: Callable[..., Any], jobs: Path) -> None:
    store = JobStore(jobs)
    job = store.add("claims", "Claims", {"preset": "first-campus", "changes": {}}, {})
    same = {**CLAIM, "id": 2, "statement": "A firm one", "verdict_low": "true"}
    write_json(store.path(job.id) / RESULT, {"claims": [CLAIM, same]})
    store.save(replace(job, state="done"))
    page = opened()
    page.get_by_role("tab", name="Claims").click()
    unsure = page.locator("li", has=page.locator("b", has_text="A statement")).last
    unsure.wait_for()
    assert "At the low end (1): ✗ false." in unsure.inner_text()
    assert "At the" not in page.locator("li", has=page.locator("b", has_text="A firm one")).last.inner_text()


def test_a_study_runs_and_another_is_cancelled(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("tab", name="Uncertainty").click()
    page.get_by_label("Cases").fill("10")
    page.get_by_role("button", name="Run the study").click()
    page.get_by_role("region", name="Quantiles").wait_for()
    page.locator(".chart svg").nth(3).wait_for()
    page.wait_for_timeout(1500)
    drawn = dict(page.evaluate(MARKS_DRAWN))
    assert len(drawn) > 4
    assert {title: n for title, n in drawn.items() if n == 0} == {}
    page.get_by_role("tab", name="Levers").click()
    page.get_by_role("button", name="Measure the levers").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Measure the levers").wait_for()
    page.locator("summary", has_text="Earlier runs").click()
    assert "cancelled" in page.locator(".job li").first.inner_text()


def test_a_site_is_chosen_from_the_list_beside_the_map(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("tab", name="Sites").click()
    page.get_by_label("Search sites").fill("Stockholm")
    page.get_by_role("button", name="Plan here").first.click()
    settled(page)
    page.locator("h1", has_text="Stockholm").wait_for()


def test_tabs_and_explanations_work_with_the_keyboard_alone(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="Workload").get_attribute("aria-selected") == "true"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_nothing_is_wider_than_the_window(opened: Callable[..., Any], width: int) -> None:
    page = opened(viewport={"width": width, "height": 900})
    for tab in ("Overview", "Economics", "Sites", "Sources"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_moved_slider_shows_new_figures_at_once(opened: Callable[..., Any]) -> None:
    page = opened()
    settled(page)
    took = page.evaluate(
        """async () => {
            const slider = document.querySelector('input[type=range]'), took = [];
            const shown = () => document.querySelector('.strip li:nth-child(2) .value').textContent;
            for (const place of [120, 140, 160, 150, 135, 125, 165, 155, 145]) {
                const before = shown(), start = performance.now();
                slider.value = place;
                slider.dispatchEvent(new Event('input', { bubbles: true }));
                while (shown() === before && performance.now() - start < 5000) await new Promise(requestAnimationFrame);
                took.push(performance.now() - start);
                await new Promise((done) => setTimeout(done, 1200));
            }
            return took;
        }"""
    )
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert statistics.median(took) / 1000 < REDRAW_S * max(1.0, busy)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed beside the page's source")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_barrier(opened: Callable[..., Any], scheme: str) -> None:
    page = opened(color_scheme=scheme, bypass_csp=True)
    page.add_script_tag(path=AXE)
    for tab in ("Overview", "Supply", "Sites", "Compare", "Sources"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(800)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
        ]
        assert serious == []
