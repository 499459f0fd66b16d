"""Policies that come as patches."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattscale.scenario.load import load_scenario
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.study.levers import load_levers

POLICIES = load_levers(Path("policies"))


def test_tariffs_and_export_controls_are_among_the_policies():
    names = {each.name for each in POLICIES}
    assert {"accelerator-tariff", "equipment-tariff", "export-control"} <= names


@pytest.mark.parametrize("policy", POLICIES, ids=lambda each: each.name)
def test_each_policy_changes_the_built_in_example(policy):
    scenario = load_scenario()
    changed = apply_patch(scenario, Patch(policy.name, dict(policy.changes)))
    assert changed != scenario
    if policy.without:
        assert apply_patch(changed, Patch("without", dict(policy.without))) == scenario
