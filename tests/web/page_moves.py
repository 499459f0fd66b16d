"""Moves on the page that several journeys make."""

from __future__ import annotations

from typing import Any


def headline(page: Any, name: str) -> str:
    return str(page.locator(".strip .card", has_text=name).locator(".value").inner_text())


def set_number(page: Any, label: str, text: str) -> None:
    box = page.get_by_role("textbox", name=label).first
    box.fill(text)
    box.press("Enter")


def settled(page: Any) -> None:
    """Wait until the full plan stands."""
    page.locator(".status[data-state=idle]").wait_for(state="attached")
