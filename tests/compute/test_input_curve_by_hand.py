"""Engines for input alone over their load, and which kinds of engines are tried, paces given."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import replica as replicas
from wattscale.compute import serving_input, serving_pods
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.roofline import Step
from wattscale.compute.serving import ReplicaCurve
from wattscale.compute.serving_input import input_curve
from wattscale.compute.serving_pods import InputPace, pod_curves
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.errors import InfeasibleError
from wattscale.workload.architecture import Architecture

MODEL = Architecture("by hand", 10, 100, False, (), 1000)
LOADS = np.arange(1, 100) / 100.0
"""Busy for one hundredth of the time to 99 of them."""
PACE = InputPace(
    service_s=0.02, unqueued_s=0.1, decode_s=0.004, together=5.0, power_w=600.0,
    step=Step(0.05, *(0.01 * i for i in range(1, 11))),
)  # fmt: skip
"""20 ms of input a request, 5 of them in a full step of 50 ms; a step without input takes 4 ms."""


@pytest.fixture(scope="module")
def setting(catalog: Catalog) -> Setting:
    return replace(load_setting(catalog, load_accelerator(catalog, "H100"), "vllm"), input_length_cv=0.5)


def asked(output: float) -> Request:
    return Request(400.0, output, 0.75, 1.0, 0.05, 0.9)


def curve(monkeypatch: pytest.MonkeyPatch, setting: Setting, output: float, pace: InputPace = PACE) -> ReplicaCurve:
    monkeypatch.setattr(serving_input, "input_pace", lambda *_: pace)
    found = input_curve(MODEL, setting, Layout(2), Formats("fp8"), asked(output))
    assert found is not None
    return found


@pytest.mark.parametrize(("output", "further"), [(3.0, 2.0), (1.0, 0.0), (0.5, 0.0)])
def test_an_engine_for_input_over_its_load(
    monkeypatch: pytest.MonkeyPatch, setting: Setting, output: float, further: float
) -> None:
    """Each token after the first takes a fifth of a step of 4 ms: 21.6 ms a request of three.

    W = x S (1 + 0.25) / (2 (1 - x)) at a load of x; one in ten waits longer than W / x ln(x / 0.1). A token takes 4 ms
    where the engine is free, 50 where it is busy.
    """
    found = curve(monkeypatch, setting, output)
    service = 0.02 + further * 0.004 / 5
    wait = LOADS * service * 1.25 / (2 * (1 - LOADS))
    tpot = 0.004 + LOADS * 0.046
    assert found.requests_per_s == pytest.approx(LOADS / service, rel=1e-9)
    assert found.service_s == pytest.approx(np.full(99, service), rel=1e-9)
    assert found.tpot_s == pytest.approx(tpot, rel=1e-9)
    late = wait / LOADS * np.log(np.maximum(LOADS / 0.1, 1.0))
    assert found.ttft_s == pytest.approx(0.1 + late, rel=1e-9)
    assert found.unqueued_s.tolist() == [0.1] * 99
    assert found.sequences == pytest.approx(LOADS / service * (wait + 0.1 + further * tpot), rel=1e-9)
    assert found.device_power_w.tolist() == [600.0] * 99
    assert found.input_time_share == pytest.approx(np.full(99, 0.02 / service), rel=1e-9)
    for i, field in enumerate(fields(Step)):
        assert getattr(found.step, field.name) == pytest.approx(np.full(99, 0.01 * i if i else 0.05)), field.name
    assert (found.layout, found.formats, found.input_only) == (Layout(2), Formats("fp8"), True)
    assert (found.engines, found.input_engines, found.input_layout, found.devices) == (1, 0, None, 2)
    assert found.load_share == pytest.approx(LOADS, rel=1e-9)


def test_a_full_step_is_never_the_shorter(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """Steps that would be quicker with input tokens count as those without."""
    slow = replace(PACE, decode_s=0.06)
    assert curve(monkeypatch, setting, 2.0, slow).tpot_s == pytest.approx(np.full(99, 0.06), rel=1e-9)


def test_engines_that_do_not_fit_are_left_out(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    monkeypatch.setattr(serving_input, "input_pace", lambda a, s, layout, *_: PACE if layout == Layout(4) else None)
    found = serving_input.input_curves(MODEL, setting, Formats(), asked(1.0), [Layout(2), Layout(4)])
    assert [c.layout for c in found] == [Layout(4)]


def test_engines_for_input_alone_are_tried_up_to_eight_tokens(
    monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """Of two layouts one decodes and the other takes input; groups of both are left out where one engine does all."""
    monkeypatch.setattr(replicas, "replica_curve", lambda a, s, layout, *_: {Layout(1): "decode"}.get(layout))
    monkeypatch.setattr(serving_input, "input_curve", lambda a, s, layout, *_: {Layout(2): "input"}.get(layout))
    monkeypatch.setattr(replicas, "pod_curves", lambda *_: ["apart"])
    for output, mode, kinds in (
        (8.0, "best", ["decode", "input", "apart"]),
        (8.1, "best", ["decode", "apart"]),
        (16.0, "best", ["decode", "apart"]),
        (8.0, "disaggregated", ["decode", "input", "apart"]),
        (8.0, "aggregated", ["decode", "input"]),
    ):
        ways = [Layout(1), Layout(2)]
        found = replicas.replica_curves(MODEL, setting, Formats(), asked(output), ways, mode)  # type: ignore[arg-type]
        assert found == kinds, (output, mode)


def test_engines_for_input_take_over_where_a_queue_has_no_end(
    monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """Endless at a single sequence already: then an engine for input alone is tried, whatever the output."""
    alone = curve(monkeypatch, setting, 20.0)
    endless = replace(alone, ttft_s=np.full(99, np.inf), input_only=False)
    slow = replace(alone, ttft_s=np.r_[9.0, np.full(98, np.inf)], input_only=False)
    monkeypatch.setattr(replicas, "input_curves", lambda *_: [alone])

    def chosen(*curves: ReplicaCurve) -> ReplicaCurve:
        given = [c.layout for c in curves]
        return replicas.choose_replica(MODEL, setting, Formats(), asked(20.0), given, curves=curves).curve

    assert chosen(endless) is alone
    assert chosen(slow, endless) is alone
    with pytest.raises(InfeasibleError, match="floor of 9 s"):
        chosen(slow)
    monkeypatch.setattr(replicas, "input_curves", lambda *_: [])
    with pytest.raises(InfeasibleError, match="floor of inf s"):
        chosen(endless)


def engine(layout: Layout, rate: float) -> SimpleNamespace:
    return SimpleNamespace(layout=layout, requests_per_s=rate)


def test_groups_take_the_engine_for_input_of_most_requests_a_device(
    monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """3 a second on two devices are more than 5 on four; an engine that is late is none; stages are left out."""
    engines = {Layout(1): None, Layout(2): engine(Layout(2), 3.0), Layout(4): engine(Layout(4), 5.0)}
    monkeypatch.setattr(serving_pods, "input_engine", lambda a, s, layout, *_: engines[layout])
    monkeypatch.setattr(
        serving_pods, "_pod", lambda a, s, layout, f, r, first: (layout, first) if layout != Layout(4) else None
    )
    ways = [Layout(1), Layout(2), Layout(4), Layout(4, 1, 2)]
    found = pod_curves(MODEL, setting, Formats(), asked(9.0), ways)
    assert found == [(Layout(1), engines[Layout(2)]), (Layout(2), engines[Layout(2)])]
    engines[Layout(2)] = None
    engines[Layout(4)] = None
    assert pod_curves(MODEL, setting, Formats(), asked(9.0), ways) == []


def test_stages_are_tried_where_nothing_else_holds_the_model(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """No engine of one stage decodes: then those of two do, with input computed in one; or all have two."""
    staged = Layout(4, 1, 2)
    monkeypatch.setattr(serving_pods, "input_engine", lambda a, s, layout, *_: engine(layout, 5.0))
    monkeypatch.setattr(
        serving_pods, "_pod", lambda a, s, layout, f, r, first: (layout, first.layout) if layout == staged else None
    )
    assert pod_curves(MODEL, setting, Formats(), asked(9.0), [Layout(4), staged]) == [(staged, Layout(4))]
    assert pod_curves(MODEL, setting, Formats(), asked(9.0), [staged]) == [(staged, staged)]
