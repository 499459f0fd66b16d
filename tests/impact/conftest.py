"""Fixture: hand-made stage results; lets the tests of this folder share their book of figures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
_spec = importlib.util.spec_from_file_location("economics_plans", Path(__file__).parents[1] / "economics" / "plans.py")
_plans = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_plans)


@pytest.fixture(scope="session")
def make():
    return _plans.make
