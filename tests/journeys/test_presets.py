"""Each preset is a plan of its own, and a scenario that names it only says what differs."""

import pytest

from wattscale.chain import plan
from wattscale.scenario.load import DEFAULT_PRESET, load_scenario, preset_names

OTHERS = [name for name in preset_names() if name != DEFAULT_PRESET]


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_a_preset_plans_without_a_file_of_its_own(name):
    made = plan(load_scenario({"preset": name}))
    assert made.figures["economics.usd_per_mtok"].value > 0
    assert made.figures["facility.peak_mw"].value < load_scenario({"preset": name}).supply.connection_mw


@pytest.mark.parametrize("name", OTHERS)
def test_a_preset_has_a_name_of_its_own_and_differs_from_the_built_in_one(name):
    scenario, built_in = load_scenario({"preset": name}), load_scenario()
    assert scenario.name != built_in.name
    assert scenario.workload != built_in.workload
