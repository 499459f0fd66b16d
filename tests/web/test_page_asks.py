"""Journeys through the page where something is asked: numbers as people write them, refusals, and ways out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from page_moves import set_number, settled

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def offered(page: Any) -> list[str]:
    """The ways out of an ask that cannot be met, once all have been tried."""
    settled_error = page.locator(".status[data-state=error]")
    settled_error.wait_for(state="attached")
    page.wait_for_timeout(1000)
    alert = page.locator(".banner.bad[aria-busy=false]")
    alert.get_by_role("button").first.wait_for()
    return [str(text) for text in alert.get_by_role("button").all_inner_texts()]


def test_an_ask_that_cannot_be_met_is_told_with_ways_out_that_help(opened: Callable[..., Any]) -> None:
    page = opened()
    set_number(page, "Grid connection", "1")
    alert = page.locator(".banner.bad")
    alert.filter(has_text="supply.connection_mw").wait_for()
    assert offered(page) == ["Undo this change", "Allow solar, wind and batteries"]
    alert.get_by_role("button", name="Allow solar").click()
    alert.wait_for(state="detached")
    settled(page)


def test_a_way_out_that_does_not_help_is_not_offered(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("combobox", name="Accelerator").select_option("L4")
    page.locator(".banner.bad").filter(has_text="workload.serving.tpot_ms").wait_for()
    ways = offered(page)
    assert len(ways) == 1
    assert ways[0].startswith("Undo the last change")
    page.locator(".banner.bad").get_by_role("button").click()
    page.locator(".banner.bad").wait_for(state="detached")


@pytest.mark.parametrize(
    ("label", "text", "told"),
    [
        ("Discount rate", "500", "at most 100 %"),
        ("Carbon-free share, hour by hour", "500", "at least 0 % and at most 100 %"),
        ("Grid connection", "-3", "at least 0 MW"),
        ("Grid connection", "0,5", "must be a number"),
        ("Grid connection", "a lot", "must be a number"),
        ("Training accelerators", "10.5", "whole number"),
    ],
)
def test_a_number_that_is_not_allowed_is_told_in_the_unit_of_its_field(
    opened: Callable[..., Any], label: str, text: str, told: str
) -> None:
    page = opened()
    set_number(page, label, text)
    page.locator(".wrong").filter(has_text=told).wait_for()
    assert page.get_by_role("textbox", name=label).first.input_value() == text
    assert page.locator(".own-list li").count() == 0


@pytest.mark.parametrize(
    ("label", "text", "shown"),
    [
        ("Requests per day", "25 million", "25,000,000"),
        ("Requests per day", "1.5 bn", "1,500,000,000"),
        ("Requests per day", "30,000,000", "30,000,000"),
        ("Training accelerators", "8 k", "8,000"),
        ("Grid connection", "80 MW", "80"),
        ("Discount rate", "7.5 %", "7.5"),
    ],
)
def test_a_number_is_read_as_people_write_it(opened: Callable[..., Any], label: str, text: str, shown: str) -> None:
    page = opened()
    set_number(page, label, text)
    page.wait_for_selector(".own-list li")
    assert page.get_by_role("textbox", name=label).first.input_value() == shown


def test_an_end_of_a_range_is_read_and_checked_like_any_number(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("tab", name="Uncertainty").click()
    axis = page.locator(".axis").first
    low, high = axis.get_by_label("low"), axis.get_by_label("high")
    assert (low.input_value(), high.input_value()) == ("15,000,000", "25,000,000")
    high.fill("30 million")
    high.press("Tab")
    assert high.input_value() == "30,000,000"
    low.fill("24 million")
    low.press("Tab")
    axis.get_by_role("alert").filter(has_text="at most the mode").wait_for()
