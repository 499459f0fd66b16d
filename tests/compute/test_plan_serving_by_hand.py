"""What a serving plan asks of its parts, in which units, and the points that a front keeps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from round_parts import CURVE

from wattscale.catalog import Catalog
from wattscale.compute import serving_plan
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import ServerClass
from wattscale.compute.serving import Replica
from wattscale.compute.serving_front import FrontPoint, front_of, front_table, not_beaten
from wattscale.compute.serving_setting import Request
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.speculation import NO_DRAFT, Speculation
from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import ServingTable
from wattscale.workload.architecture import Architecture

MODEL = Architecture("by hand", 10, 100, False, (), 1000)
SERVER = ServerClass("by hand", 4, 4, host_idle_w=50.0, host_active_w=130.0, fan_share=0.25, psu_efficiency=0.8,
                     network_w=40.0, storage_w=10.0)  # fmt: skip
REPLICA = Replica(CURVE, 1, "tpot")
"""Two devices that serve 1.6 requests a second."""


def planned(monkeypatch: pytest.MonkeyPatch, catalog: Catalog, asked: dict[str, object],
            **recipe: object) -> serving_plan.Served:  # fmt: skip
    """Serve an hour of 3 requests a second, with a quarter of headroom: three replicas. Loads are 0 to 1.5."""
    chip = replace(load_accelerator(catalog, "H100"), tdp_w=700.0)
    table = ComputeTable(latency_quantile=0.8, device_usd_per_h=3.0)
    asked.update(layouts=[], choices=[])

    def layouts(*given: object) -> list[Layout]:
        asked["layouts"].append(given[2:])  # type: ignore[attr-defined]
        return [Layout(2)] if len(given) > 3 else [Layout(2), Layout(4)]

    def chosen(arch, setting, formats, request, ways, objective, others, mode, curves):  # type: ignore[no-untyped-def]
        asked["choices"].append((formats.weights, request, list(ways), list(others), curves))  # type: ignore[attr-defined]
        return REPLICA if formats.weights == "fp8" else replace(REPLICA, full=0)

    def narrower(chip, precision, formats, devices, devices_in):  # type: ignore[no-untyped-def]
        asked.update(devices=devices, wider=devices_in("bf16"))
        return (PlanWarning("narrow", ""),)

    def hours(replica, requests, count, idle_w, balancing):  # type: ignore[no-untyped-def]
        asked.update(count=count, idle_w=idle_w)
        power = np.array([100.0, 300.0, 500.0])
        return SimpleNamespace(device_power_w=power, load_share=np.array([0.0, 0.5, 1.5]))

    def plan(workload, arch, chip, replica, request, hours, it):  # type: ignore[no-untyped-def]
        asked["it"] = it.total_w
        return SimpleNamespace(tpot_ms=1.0)

    monkeypatch.setattr(serving_plan, "load_server", lambda *_: SERVER)
    monkeypatch.setattr(serving_plan, "idle_power", lambda *_: 70.0)
    monkeypatch.setattr(serving_plan, "candidate_layouts", layouts)
    monkeypatch.setattr(serving_plan, "replica_curves", lambda a, s, formats, *_: [formats.weights])
    monkeypatch.setattr(serving_plan, "choose_replica", chosen)
    monkeypatch.setattr(serving_plan, "resolve_formats", lambda a, c, precision, *_, **__: (Formats(precision), ()))
    monkeypatch.setattr(serving_plan, "narrower_costs_more", narrower)
    monkeypatch.setattr(serving_plan, "run_hours", hours)
    monkeypatch.setattr(serving_plan, "_plan", plan)
    monkeypatch.setattr(serving_plan, "_figures", lambda *_: {"one": 1.0})
    monkeypatch.setattr(serving_plan, "_waits", lambda *_: {"two": 2.0})
    monkeypatch.setattr(serving_plan, "front_of", lambda curves, request, price: (curves, price))
    given = ServingTable(**{"precision": "fp8", "tpot_ms": 50.0, "ttft_s": 2.0, "headroom_share": 0.25, **recipe})
    workload = SimpleNamespace(recipe=given, input_tokens=300.0, output_tokens=100.0,
                               requests_per_hour=np.array([0.0, 10_800.0, 3600.0]))  # fmt: skip
    return serving_plan.plan_serving(workload, MODEL, table, chip, catalog)  # type: ignore[arg-type]


def test_what_a_plan_asks_of_its_parts(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    """3 x 1.25 / 1.6 are 2.3 replicas, in bf16, where one serves 1.0, 3.75; a host is never busier than all of it."""
    asked: dict[str, object] = {}
    found = planned(monkeypatch, catalog, asked, prefix_cache_share=0.1)
    request = Request(300.0, 100.0, 0.1, 2.0, 0.05, 0.8)
    assert asked["layouts"] == [(4, None, "best")]
    assert asked["choices"] == [
        ("fp8", request, [Layout(2)], [], ["fp8"]),
        ("bf16", request, [Layout(2)], [], ["bf16"]),
    ]
    assert (asked["count"], asked["devices"], asked["wider"], asked["idle_w"]) == (3, 6, 8, 70.0)
    busy = np.array([0.0, 0.5, 1.0])
    expected = (np.array([100.0, 300.0, 500.0]) + 50 + 80 * busy) * 1.25 / 0.8 + 50
    assert asked["it"] == pytest.approx(expected, rel=1e-9)
    assert found.full_power_w == 300.0
    assert found.figures == {"one": 1.0, "two": 2.0}
    assert [w.code for w in found.warnings] == ["narrow"]
    assert found.front == (["fp8"], 3.0)


def test_where_devices_are_asked_for_all_others_are_known(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    asked: dict[str, object] = {}
    planned(monkeypatch, catalog, asked, tensor_parallel=2)
    assert asked["layouts"] == [(4, 2, "best"), (4,)]
    assert asked["choices"][0][3] == [Layout(2), Layout(4)]  # type: ignore[index]


def test_doubts_of_length_and_hardware_are_told_with_the_plan(
    monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    monkeypatch.setattr(serving_plan, "_context_warning", lambda *_: (PlanWarning("long", ""),))
    monkeypatch.setattr(serving_plan, "_calibration_warning", lambda *_: (PlanWarning("unknown", ""),))
    monkeypatch.setattr(serving_plan, "_pace_warning", lambda *_: (PlanWarning("slow", ""),))
    found = planned(monkeypatch, catalog, {})
    assert [w.code for w in found.warnings] == ["long", "unknown", "narrow", "slow"]


def test_a_setting_takes_its_network_and_draft_from_the_scenario(
    monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    monkeypatch.setattr(serving_plan, "load_setting", lambda *given: given[2:])
    chip = load_accelerator(catalog, "H100")
    table = ComputeTable(power_cap_share=0.7, inter_node_gbytes_per_s=12.5, draft_acceptance=0.6, draft_cost_share=0.1)
    assert serving_plan._setting(table, chip, catalog) == ("vllm", 0.7, NO_DRAFT, 12.5e9)  # type: ignore[comparison-overlap]
    guess = table.model_copy(update={"speculative_tokens": 3})
    assert serving_plan._setting(guess, chip, catalog)[2] == Speculation(3, 0.6, 0.1)  # type: ignore[index]


def test_the_price_of_a_device_is_asked_for_or_known_or_none() -> None:
    chip = SimpleNamespace(name="X")

    def priced(known: bool, asked: float | None) -> float | None:
        row = SimpleNamespace(has=lambda column: known, number=lambda column: 1.5)
        return serving_plan._price(ComputeTable(device_usd_per_h=asked), chip, SimpleNamespace(row=lambda *_: row))  # type: ignore[arg-type]

    assert (priced(True, 3.0), priced(True, 0.0), priced(True, None), priced(False, None)) == (3.0, 0.0, 1.5, None)


def test_engines_are_known_by_name_or_default() -> None:
    catalog = SimpleNamespace(names=lambda table: ["default", "engine-own", "hopper"])

    def engine(name: str) -> str:
        return serving_plan._engine(ComputeTable(engine=name), catalog)  # type: ignore[arg-type]

    assert (engine("own"), engine("default")) == ("own", "default")
    for name in ("hopper", "other"):
        with pytest.raises(InputError) as told:
            engine(name)
        assert told.value.allowed == "default, own"


def test_hardware_without_measurements_is_told() -> None:
    chip = SimpleNamespace(name="X", generation="kind")
    for known, told in ((True, 0), (False, 1)):
        catalog = SimpleNamespace(
            has_figure=lambda table, name, known=known: known and name == "kind.weight_efficiency"
        )
        assert len(serving_plan._calibration_warning(chip, catalog)) == told  # type: ignore[arg-type]


# --- The front --------------------------------------------------------------------------------------------------------


def test_a_long_front_keeps_forty_points_even_in_the_logarithm() -> None:
    """391 points from 10 ms to 1 s: ten steps from each of the forty kept to the next.

    The slower the cheaper, so that none is beaten; what cost most is the quickest.
    """
    tpot = np.geomspace(0.01, 1.0, 391)
    curve = replace(CURVE, sequences=np.arange(391.0), tpot_s=tpot, ttft_s=np.full(391, 0.5),
                    requests_per_s=tpot, device_power_w=np.full(391, 300.0))  # fmt: skip
    found = front_of([curve], Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9), None)
    assert [p.batch for p in found] == [10.0 * i for i in range(40)]


def test_points_of_two_replicas_are_told_by_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica of four that is quicker and dearer comes first; at twice the power for a token both stay."""
    quick = replace(CURVE, layout=Layout(4), tpot_s=CURVE.tpot_s / 4)
    found = front_of([CURVE, quick], Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9), 2.0)
    assert [(p.layout, p.batch) for p in found] == [("TP4", 1.0), ("TP4", 2.0), ("TP2", 1.0), ("TP2", 2.0)]
    assert [p.interactivity_tokens_per_s for p in found] == pytest.approx([40.0, 20.0, 10.0, 5.0])
    assert [p.tokens_per_s_per_device for p in found] == pytest.approx([2.5, 4.0, 5.0, 8.0])
    assert [p.joules_per_output_token for p in found] == pytest.approx([80.0, 75.0, 40.0, 37.5])
    assert [p.ttft_s for p in found] == [0.5, 0.6, 0.5, 0.6]
    assert [p.device_h_per_mtok for p in found] == pytest.approx([1e6 / s / 3600 for s in (2.5, 4.0, 5.0, 8.0)])
    assert [p.usd_per_mtok for p in found] == pytest.approx([2e6 / s / 3600 for s in (2.5, 4.0, 5.0, 8.0)])


def test_a_replica_that_serves_more_for_a_little_more_power_beats_the_other() -> None:
    """At the same pace a quarter more requests at 3 % more power: a sixth less energy each, and fewer devices."""
    better = replace(CURVE, requests_per_s=1.25 * CURVE.requests_per_s, device_power_w=1.03 * CURVE.device_power_w)
    found = front_of([CURVE, better], Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9), None)
    assert [p.tokens_per_s_per_device for p in found] == pytest.approx([6.25, 10.0])
    assert [p.joules_per_output_token for p in found] == pytest.approx([206 / 6.25, 309 / 10.0])


def test_points_that_are_beaten_or_equal() -> None:
    """Equal points both stay; one that is as good in one column and worse in the other goes."""
    costs = np.array([[2.0, 2.0], [1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [3.0, 1.0], [4.0, 1.0]])
    assert not_beaten(costs).tolist() == [True, True, True, False, True, False]
    assert not_beaten(np.zeros((0, 2))).tolist() == []


def test_a_table_of_a_front_lines_up() -> None:
    """Names to the left, numbers to the right, and a dash where no price is known."""
    rows = [FrontPoint("TP1", 1, 8.0, 100.0, 0.2, 800.0, 0.5, 0.347, None),
            FrontPoint("2 x TP2", 12, 16.0, 50.0, 0.25, 1000.0, 0.25, 0.1, 0.69)]  # fmt: skip
    head, one, two = front_table(rows).splitlines()
    assert head.startswith("layout   devices  batch")
    assert one.startswith("TP1            1      8")
    assert two.startswith("2 x TP2       12     16")
    assert one.endswith("     -")
    assert two.endswith("  0.69")
