"""The routes of plans: what they answer, and what they refuse."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattscale.chain import plan
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.web.asks import Ask, ask_of_toml, scenario_of
from wattscale.web.refusals import refusal_of

MORE_REQUESTS = {"workload.serving.requests_per_day": 22_000_000}


def test_a_plan_has_figures_for_people_and_the_charts_asked_for(client: Any) -> None:
    answer = client.post("api/plan", json={"changes": MORE_REQUESTS, "charts": ["energy_flow", "pue_by_month"]})
    assert answer.status_code == 200
    made = answer.json()
    assert made["preview"] is False
    assert made["figures"]["facility.pue"]["value"] > 1
    assert made["figures"]["economics.tco_usd_per_year"]["text"].startswith("$")
    assert set(made["charts"]) == {"energy_flow", "pue_by_month"}
    assert made["scenario"]["workload.serving.requests_per_day"] == 22_000_000
    assert made["story"]


def test_a_preview_says_so_and_agrees_with_the_plan_where_nothing_is_optimised(client: Any) -> None:
    ask = {"changes": MORE_REQUESTS}
    quick, full = (client.post(f"api/{way}", json=ask).json() for way in ("preview", "plan"))
    assert quick["preview"] is True
    for name in ("facility.energy_mwh", "supply.cost_usd_per_mwh", "economics.tco_usd_per_year"):
        assert quick["figures"][name]["value"] == pytest.approx(full["figures"][name]["value"], rel=1e-9)


@pytest.mark.slow
def test_a_preview_of_an_optimised_supply_is_near_the_plan_and_in_balance() -> None:
    from wattscale.stagecache import StageCache
    from wattscale.web.preview import preview

    changes = {"supply.technologies": ["grid", "solar", "battery"], "supply.cfe_hourly_share": 0.6}
    scenario, cache = scenario_of(Ask(changes=changes)), StageCache()
    quick, full = preview(scenario, cache), plan(scenario, cache=cache)
    near = quick.figures["supply.cost_usd_per_mwh"].value
    assert near == pytest.approx(full.figures["supply.cost_usd_per_mwh"].value, rel=0.05)
    given_mwh = sum(float(series.sum()) for series in quick.supply.dispatch_mw.values())
    taken_mwh = sum(float(series.sum()) for series in quick.supply.uses_mw.values())
    assert given_mwh == pytest.approx(float(quick.supply.load_mw.sum()) + taken_mwh, rel=1e-6)


@pytest.mark.parametrize(
    ("key", "value"),
    [("supply.connection_mw", -3), ("supply.conection_mw", 3), ("facility.cooling", "liquid"),
     ("site.name", "us_nowhere")],
)  # fmt: skip
def test_a_wrong_input_gets_422_with_the_message_of_the_command_line(client: Any, key: str, value: Any) -> None:
    answer = client.post("api/plan", json={"changes": {key: value}})
    assert answer.status_code == 422
    with pytest.raises(InputError) as error:
        plan(load_scenario(None, [f"{key}={json.dumps(value)}"]))
    assert answer.json()["error"]["message"] == str(error.value)


@pytest.mark.parametrize("key", [f.key for f in fields_of(Scenario) if f.extra.get("file")])
def test_no_key_of_a_request_names_a_file(key: str) -> None:
    with pytest.raises(InputError, match="files cannot be named here"):
        scenario_of(Ask(changes={key: "/etc/passwd"}))


@pytest.mark.parametrize("model", ["/etc/passwd", "../x.json", "/tmp", "~", "nobody/some-model", "config.json"])
def test_no_model_of_a_request_is_a_path_or_a_download(model: str) -> None:
    with pytest.raises(InputError, match="no such model in the catalogue"):
        scenario_of(Ask(changes={"workload.model": model}))


def test_a_scenario_file_that_is_uploaded_may_not_name_files_either() -> None:
    with pytest.raises(InputError, match="files cannot be named here"):
        ask_of_toml('[site]\nweather = "/etc/passwd"\n')


def test_a_scenario_file_goes_down_and_up_again(client: Any) -> None:
    ask = {"preset": "first-campus", "changes": {**MORE_REQUESTS, "supply.connection_mw": None}}
    text = client.post("api/export/scenario.toml", json=ask).text
    assert client.post("api/scenario", json={"text": text}).json() == ask


@pytest.mark.parametrize("name", ["facility.pue", "supply.connection_mw", "supply.capacity_mw.solar", "economics"])
def test_each_kind_of_name_is_explained(client: Any, name: str) -> None:
    assert client.get(f"api/explain/{name}").json()["name"] == name


def test_an_unknown_name_is_told_with_the_nearest(client: Any) -> None:
    answer = client.get("api/explain/facility.pju")
    assert answer.status_code == 422
    assert "facility.pue" in answer.json()["error"]["message"]


def test_what_the_form_needs_is_there(client: Any) -> None:
    about = client.get("api/about").json()
    assert about["stages"][0]["name"] == "workload"
    assert "first-campus" in client.get("api/presets").json()
    assert "properties" in client.get("api/schema").json()
    choices = client.get("api/choices").json()
    assert {"name": "us_nova", "label": "Northern Virginia (Ashburn)"} in choices["site.name"]
    assert client.get("api/catalogue/sites").json()["rows"]
    assert len(client.get("api/sites").json()) == len(choices["site.name"])
    assert client.get("api/openapi.json").json()["paths"]["/api/plan"]


def test_two_plans_side_by_side_name_the_inputs_that_differ(client: Any) -> None:
    plans = [{"changes": {"name": "A"}}, {"changes": {"name": "B", "economics.discount_rate": 0.1}}]
    found = client.post("api/compare", json={"plans": plans}).json()
    assert found["names"] == ["A", "B"]
    assert [row["key"] for row in found["inputs"]] == ["economics.discount_rate"]
    assert found["charts"]


@pytest.mark.parametrize("kind", ["tables.xlsx", "hourly.csv", "hourly.parquet", "plan.json"])
def test_files_are_made(client: Any, kind: str) -> None:
    answer = client.post(f"api/export/{kind}", json={})
    assert answer.status_code == 200
    assert kind in answer.headers["content-disposition"]
    starts = {"tables.xlsx": b"PK", "hourly.csv": b"time_utc", "hourly.parquet": b"PAR1", "plan.json": b"{"}
    assert answer.content.startswith(starts[kind])


def test_the_page_may_speak_to_its_own_server_alone(client: Any) -> None:
    page = client.get("")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["../pyproject.toml", "%2e%2e/app.py", "assets/../../app.py", "/etc/passwd", "app.py"])
def test_only_files_of_the_page_are_served(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([f.key for f in fields_of(Scenario)]) | st.text(string.printable, max_size=30)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_no_change_however_odd_is_a_defect(changes: dict[str, Any]) -> None:
    try:
        scenario_of(Ask(changes=changes))
    except (InputError, ValueError):
        return


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"changes": 3}', b'{"changes": {"supply.land_ha": NaN}}', b'{"changes": {"a..b": 1}}',
             b'{"changes": {"supply": 1}}', b'{"changes": {"supply.land_ha": 1e999}}', b'{"more": 1}', b'"x"',
             b'{"changes": {"workload.model": ["x"]}}', b'{"preset": "none/../x"}', b"\xff\xfe"]
)  # fmt: skip
def test_no_body_however_odd_is_a_defect(client: Any, body: bytes) -> None:
    answer = client.post("api/preview", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_values_and_places_in_refusals_are_told_as_in_all_messages() -> None:
    """They were cut at the end, without a word on it; a number of 5,000 digits ended in an error of its own."""
    told = refusal_of(InputError("is wrong", where="k" * 5000, value="v" * 5000)).more
    assert told["value"].endswith("(5,000 characters)")
    assert "…" in told["where"]
    assert len(told["value"]) + len(told["where"]) < 1000
    assert "digits" in refusal_of(InputError("is wrong", where="k", value=10**5000)).more["value"]


def test_a_wrong_option_of_a_job_is_told_with_its_size(client: Any) -> None:
    ask = {"kind": "outlook", "options": {"scenario": "x" * 5000}}
    assert "(5,000 characters)" in client.post("api/jobs/estimate", json=ask).json()["error"]["message"]
