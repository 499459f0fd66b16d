"""The hand-made plans that all tests of the report share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.result import Plan

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def plan() -> Plan:
    from fake_plan import fake_plan

    return fake_plan()


@pytest.fixture(scope="session")
def make_plan() -> Callable[..., Plan]:
    from fake_plan import fake_plan

    return fake_plan


@pytest.fixture(scope="session")
def without() -> Callable[[Plan, str], Plan]:
    from fake_plan import without

    return without


@pytest.fixture(scope="session")
def page(plan: Plan) -> str:
    from wattscale.report import report_html

    return report_html(plan)
