"""Every key of the scenario at its lowest and highest allowed value: a sound plan, or one clear message."""

import json
import math
import re

import pytest

import wattscale as ws
from wattscale.catalog.specs import STAGES
from wattscale.chain import walk
from wattscale.errors import InputError
from wattscale.result import Plan
from wattscale.scenario.messages import _literals
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import ScenarioField, fields_of
from wattscale.stagecache import StageCache

BESIDE = {"site.latitude": {"site.longitude": 10.0}, "site.longitude": {"site.latitude": 45.0}}
"""Keys that need another one beside them."""
SERVICES = ("site.weather_service",)
"""Keys whose words ask the network."""
FIELDS = [f for f in fields_of(Scenario) if f.key not in SERVICES]


def ends(field: ScenarioField) -> list[object]:
    """Lowest and highest allowed value of a number, or every word of a closed choice."""
    words = [w for w in _literals(field.info.annotation) if w is not None]
    if words or field.numeric not in ("float", "int"):
        return words
    found: dict[str, float] = {}
    for rule in field.info.metadata:
        found |= {name: float(getattr(rule, name)) for name in ("ge", "gt", "le", "lt") if hasattr(rule, name)}
    step = 1.0 if field.numeric == "int" else 1e-6
    low = found.get("ge", found.get("gt", math.nan) + step)
    high = found.get("le", found.get("lt", math.nan) - step)
    return [int(low), int(high)] if field.numeric == "int" else [low, high]


def made(settings: dict[str, object], cache: StageCache) -> Plan:
    scenario = ws.apply_patch(ws.load(), ws.Patch("end", settings))
    chain = walk(scenario, "impact", cache=cache, extras=False)
    return Plan("test", scenario, **chain.results, ledgers={stage: chain.ledgers[stage] for stage in STAGES})


def check(plan: Plan) -> None:
    """Finite figures in order with a unit, a shaped year whose power balances, and a scenario that can be written."""
    data = plan.to_dict()
    json.dumps(data, allow_nan=False)
    for name, figure in data["figures"].items():
        assert figure["low"] <= figure["value"] <= figure["high"], name
        assert figure["unit"], name
    assert data["figures"]["facility.pue"]["value"] >= 1.0
    hours = plan.hourly()
    assert len(hours) == 8760
    assert not hours.isna().any().any()
    given = sum(hours[f"{name}_mw"] for name in plan.supply.dispatch_mw)
    taken = hours["facility_power_mw"] + sum(hours[f"to_{name}_mw"] for name in plan.supply.uses_mw)
    assert (given - taken).abs().max() <= 1e-6 * max(1.0, hours["facility_power_mw"].max())


def test_every_number_has_a_lowest_and_a_highest_value():
    for field in FIELDS:
        assert all(not isinstance(v, float) or math.isfinite(v) for v in ends(field)), field.key


def unclear(error: InputError) -> bool:
    """Whether a message leaves out the field, or what is allowed or nearest, or speaks of infinity."""
    named = error.where is not None and "." in error.where
    helped = bool(error.allowed or error.hint)
    return not named or not helped or re.search(r"\b(inf|nan)\b", str(error)) is not None


@pytest.mark.slow
def test_every_key_at_its_ends_gives_a_sound_plan_or_one_clear_message():
    cache = StageCache()
    refused: list[InputError] = []
    planned = 0
    for field in FIELDS:
        for value in ends(field):
            try:
                check(made({field.key: value, **BESIDE.get(field.key, {})}, cache))
                planned += 1
            except InputError as error:
                refused.append(error)
    assert [str(error) for error in refused if unclear(error)] == []
    assert planned > 5 * len(refused)
