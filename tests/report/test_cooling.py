import pytest

import wattscale as ws
from wattscale.report.cooling import cooling_options


def test_the_plans_own_technology_stands_among_the_options_with_its_own_figures():
    plan = ws.plan(ws.load())
    found = {o.cooling: o for o in cooling_options(plan)}
    own = found[plan.facility.cooling]
    assert len(found) >= 12
    assert own.pue == pytest.approx(plan.figures["facility.pue"].value, rel=1e-3)
    assert own.energy_mwh == pytest.approx(plan.figures["facility.energy_mwh"].value, rel=1e-3)
    assert found["chiller"].energy_mwh > own.energy_mwh
