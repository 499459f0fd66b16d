"""A serving replica from the steps of its cycle, what refuses it, and what a fleet of it reports, in round numbers."""

from __future__ import annotations

from dataclasses import replace
from math import log
from types import SimpleNamespace

import numpy as np
import pytest
import round_parts

from wattscale.catalog import Catalog
from wattscale.compute import replica as replicas
from wattscale.compute import serving, serving_plan
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.fleet import FleetHours
from wattscale.compute.roofline import Step
from wattscale.compute.serving import Replica
from wattscale.compute.serving_front import front_of, layout_words
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.speculation import Speculation
from wattscale.errors import InfeasibleError
from wattscale.figure import Figure
from wattscale.workload.architecture import Architecture

MODEL = Architecture("by hand", 10, 100, False, (), 1000)


@pytest.fixture(scope="module")
def plain(catalog: Catalog) -> Setting:
    """Chunks of 512, 50 ms before the first token, own work twice over, inputs of one length."""
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    return replace(setting, chunk_tokens=512.0, first_token_s=0.05, own_factor=2.0, input_length_cv=0.0)


def step(*time_s: float) -> Step:
    t = np.array(time_s)
    return Step(t, t, t, t, t, *(np.zeros_like(t) for _ in range(3)), np.ones_like(t), 0 * t, 0 * t)


def test_a_curve_follows_from_its_cycle(monkeypatch: pytest.MonkeyPatch, plain: Setting) -> None:
    """Steps of 20 and 40 ms give two tokens each: 10 and 20 ms; 10 tokens a request: 10 and 20 requests a second.

    400 and 600 input tokens take 40 and 60 ms of a step: 0.1 ms each. A request has 100 that are not cached.
    """
    asked = {}
    cycle = SimpleNamespace(
        mean=step(0.02, 0.04), decode_s=np.array([0.01, 0.02]), mixed_s=np.array([0.05, 0.08]),
        mixed_tokens=np.array([400.0, 600.0]), mixed_share=np.array([0.25, 0.5]),
    )  # fmt: skip
    monkeypatch.setattr(serving, "batches", lambda *_: np.array([1.0, 4.0]))
    monkeypatch.setattr(serving, "capped_cycle", lambda *given: asked.update(computed=given[6]) or cycle)
    monkeypatch.setattr(serving, "step_power", lambda *_: np.array([300.0, 500.0]))
    setting = replace(plain, speculation=Speculation(1, 1.0, 0.0))
    assert setting.speculation.tokens_per_step == 2.0
    request = Request(400.0, 10.0, 0.75, 1.0, 1.0, 0.9)
    found = serving.replica_curve(MODEL, setting, Layout(2), Formats(), request)
    assert found is not None
    assert asked["computed"] == pytest.approx(100.0)
    assert found.tpot_s == pytest.approx([0.01, 0.02])
    assert found.requests_per_s == pytest.approx([10.0, 20.0])
    assert found.input_time_share == pytest.approx([0.25 * 0.04 / 0.02, 0.5 * 0.06 / 0.04])
    assert found.unqueued_s == pytest.approx([0.05 + 2 * (0.01 + 0.015), 0.05 + 2 * (0.01 + 0.03)])
    service = [100 * (1e-4 + d / 512) for d in (0.01, 0.02)]
    assert found.service_s == pytest.approx(service)
    # P(wait > w) = rho exp(-rho w / W) = 0.1 with W = rho S / (2 (1 - rho)).
    waits = [s / (2 * (1 - r * s)) * log(r * s / 0.1) for r, s in zip((10.0, 20.0), service, strict=True)]
    assert found.ttft_s == pytest.approx(found.unqueued_s + waits)
    assert found.device_power_w.tolist() == [300.0, 500.0]
    cycle.mixed_s, cycle.mixed_tokens = np.array([0.005, 0.01]), np.zeros(2)
    idle = serving.replica_curve(MODEL, setting, Layout(2), Formats(), request)
    assert idle is not None
    assert idle.input_time_share.tolist() == [0.0, 0.0], "a step with input tokens is never the shorter"
    assert idle.unqueued_s == pytest.approx([0.05 + 2 * 0.015, 0.05 + 2 * 0.03])
    monkeypatch.setattr(serving, "batches", lambda *_: None)
    assert serving.replica_curve(MODEL, setting, Layout(2), Formats(), request) is None


def test_batches_run_from_one_to_what_memory_holds(monkeypatch: pytest.MonkeyPatch, plain: Setting) -> None:
    """A sequence is held with its input and half of its output on the mean: 100 + 10 / 2 tokens."""
    room, asked = [64.0], []
    monkeypatch.setattr(serving, "max_sequences", lambda *given: asked.append(given[5]) or room[0])
    request = Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9)
    found = serving.batches(MODEL, plain, Layout(), Formats(), request)
    assert found is not None
    assert asked == [105.0]
    assert (found[0], found[-1]) == (pytest.approx(1.0), pytest.approx(64.0))
    assert np.diff(np.log(found)) == pytest.approx(np.full(95, log(64) / 95))
    room[0] = 1.0
    one = serving.batches(MODEL, plain, Layout(), Formats(), request)
    assert one is not None
    assert one == pytest.approx(1.0)
    room[0] = 0.99
    assert serving.batches(MODEL, plain, Layout(), Formats(), request) is None


@pytest.mark.parametrize(("limited", "seconds"), [("mean", 2.0), ("mixed", 3.0)])
def test_a_capped_cycle_runs_at_the_clock_that_keeps_its_step(
    monkeypatch: pytest.MonkeyPatch, plain: Setting, limited: str, seconds: float
) -> None:
    run, clocks = [], []

    def capped(step_at, *_):  # type: ignore[no-untyped-def]
        clocks.append(step_at(0.8))
        return 0.5

    monkeypatch.setattr(serving, "run_cycle", lambda *g: run.append(g[1].rates) or SimpleNamespace(mean=2.0, mixed=3.0))
    monkeypatch.setattr(serving, "slowed", lambda rates, clock: clock)
    monkeypatch.setattr(serving, "capped_clock", capped)
    request = Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9)
    serving.capped_cycle(MODEL, plain, Layout(), Formats(), np.ones(1), request, 1.0, limited)  # type: ignore[arg-type]
    assert run == [plain.rates]
    tight = replace(plain, power_cap_share=0.7)
    serving.capped_cycle(MODEL, tight, Layout(), Formats(), np.ones(1), request, 1.0, limited)  # type: ignore[arg-type]
    assert run[1:] == [0.8, 0.5]
    assert clocks == [seconds]


# --- What does not fit ------------------------------------------------------------------------------------------------

ROOM = {1: 0.5, 2: 1.0, 4: 3.0}
ASKED = Request(100.0, 10.0, 0.0, 1.0, 1.0, 0.9)


def refused(monkeypatch: pytest.MonkeyPatch, setting: Setting, layouts: list[Layout], others: list[Layout],
            room: dict[int, float] = ROOM, free: float = -1e9) -> InfeasibleError:  # fmt: skip
    seen = []
    monkeypatch.setattr(
        replicas, "max_sequences", lambda a, b, x, c, d, context: seen.append(context) or room[x.devices]
    )
    monkeypatch.setattr(replicas, "total_weight_bytes", lambda a, x, f: 8e9 / x.devices)
    monkeypatch.setattr(replicas, "free_bytes", lambda a, b, x, *_: free / x.devices)
    with pytest.raises(InfeasibleError) as told:
        replicas.choose_replica(MODEL, setting, Formats(), ASKED, layouts, others=others, curves=[])
    assert set(seen) <= {105.0}
    return told.value


def test_too_few_devices_are_refused_with_those_that_do(monkeypatch: pytest.MonkeyPatch, plain: Setting) -> None:
    """One sequence of 105 tokens needs two devices; eight GB are held on one, of 80."""
    ways = [Layout(n) for n in (1, 2, 4)]
    told = refused(monkeypatch, plain, [Layout(1)], ways)
    assert (told.value, told.allowed) == (1, "2, 4")
    assert told.hint is not None
    assert "smallest that fits is 2" in told.hint
    assert "weights in bf16 take 8 GB on each" in str(told)
    assert "which has 80 GB" in str(told)
    told = refused(monkeypatch, plain, [], ways)
    assert told.value is None
    assert "no way to spread" in str(told)


@pytest.mark.parametrize(
    ("free", "what"), [(-8e9, "its weights exceed"), (0.5, "one sequence of 100 input tokens exceed")]
)
def test_a_model_that_fits_nowhere_says_what_is_too_much(
    monkeypatch: pytest.MonkeyPatch, plain: Setting, free: float, what: str
) -> None:
    """8 GB too much on one device, 2 on each of four."""
    told = refused(monkeypatch, plain, [Layout(1)], [Layout(1), Layout(4)], {1: 0.5, 4: 0.9}, free)
    assert what in str(told)
    if free < 0:
        assert "memory of 4 x H100" in str(told)
        assert "by 8 GB" in str(told)
    assert what in str(refused(monkeypatch, plain, [Layout(4)], [], free=free))


# --- What a fleet reports ---------------------------------------------------------------------------------------------

CURVE = replace(round_parts.CURVE, step=step(1.0, 2.0, 3.0))
FULL = Replica(replace(CURVE, step=replace(CURVE.step, compute_utilisation=np.array([0.1, 0.3, 0.5]))), 1, "tpot")
HOURS = FleetHours(
    replicas=3, active_replicas=np.full(2, 3.0), sequences=np.array([0.5, 1.5]), tpot_s=np.array([0.1, 0.2]),
    ttft_s=np.array([0.4, 0.8]), device_power_w=np.array([200.0, 300.0]), load_share=np.array([0.2, 0.6]),
    input_time_share=np.array([0.1, 0.3]),
)  # fmt: skip


def test_the_plan_of_a_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three replicas of two; 1,000 and 3,000 requests of 10 tokens; 0.9 and 1.2 kW a device with its server.

    A device holds 5 GB of weights and 2 caches of 1 GB, where engines and groups share them.
    """
    monkeypatch.setattr(serving_plan, "cache_held_per_device", lambda a, context, *_: 1e9 * context / 105)
    monkeypatch.setattr(serving_plan, "total_weight_bytes", lambda *_: 5e9)
    workload = SimpleNamespace(requests_per_hour=np.array([1e3, 3e3]), requests_per_year=4e3, output_tokens=10.0)
    chip, it = SimpleNamespace(name="X"), SimpleNamespace(total_w=np.array([900.0, 1200.0]))

    def planned(replica: Replica) -> object:
        return serving_plan._plan(workload, MODEL, chip, replica, ASKED, HOURS, it)  # type: ignore[arg-type]

    plan = planned(FULL)
    assert (plan.devices, plan.devices_per_replica) == (6, 2)  # type: ignore[attr-defined]
    assert plan.batch == pytest.approx(1.25)  # type: ignore[attr-defined]
    assert plan.ttft_s == pytest.approx(0.7)  # type: ignore[attr-defined]
    assert plan.tpot_ms == pytest.approx(175.0)  # type: ignore[attr-defined]
    assert plan.input_compute_share == pytest.approx(0.25)  # type: ignore[attr-defined]
    assert plan.tokens_per_s_per_device == pytest.approx(8.0)  # type: ignore[attr-defined]
    assert plan.joules_per_output_token == pytest.approx(500 * 3600 * 6 / 4e4)  # type: ignore[attr-defined]
    assert plan.power_mw == pytest.approx([5.4e-3, 7.2e-3])  # type: ignore[attr-defined]
    assert plan.energy_mwh == pytest.approx(12.6e-3)  # type: ignore[attr-defined]
    assert plan.memory_gb == pytest.approx(7.0)  # type: ignore[attr-defined]
    spread = Replica(replace(CURVE, engines=2, layout=Layout(1, 4)), 2, "tpot")
    assert planned(spread).memory_gb == pytest.approx(5 + 4 / 2 / 4)  # type: ignore[attr-defined]


class Residuals:
    """Measured over computed: 0.8 to 1.5 for each, or others."""

    def __init__(self, low: float = 0.8, high: float = 1.5) -> None:
        self.range = low, high

    def figure(self, table: str, name: str) -> Figure:
        return Figure(name, 1.0, *self.range, "1", "", "", "estimated")


def test_figures_of_a_fleet_with_their_ranges(plain: Setting) -> None:
    """12.6 kWh for 40,000 tokens are 1,134 J each; power is never above what the device may draw."""
    plan = SimpleNamespace(
        devices=6, devices_per_replica=2, batch=1.25, ttft_s=0.7, tpot_ms=175.0, tokens_per_s_per_device=8.0,
        joules_per_output_token=270.0, energy_mwh=12.6e-3, memory_gb=7.0, input_compute_share=0.25,
    )  # fmt: skip
    setting = replace(plain, power_cap_share=0.4, accelerator=replace(plain.accelerator, tdp_w=700.0))
    found = serving_plan._figures(plan, FULL, HOURS, ASKED, setting, Residuals())  # type: ignore[arg-type]
    expected = {
        "devices": (6.0, 4.0, 7.5), "devices_per_replica": 2.0, "replicas": 3.0, "batch": 1.25, "full_batch": 2.0,
        "ttft_s": (0.7, 0.56, 1.05), "tpot_ms": (175.0, 140.0, 262.5), "tokens_per_s_per_device": (8.0, 6.4, 12.0),
        "joules_per_output_token": (270.0, 216.0, 405.0), "it_joules_per_output_token": (1134.0, 907.2, 1701.0),
        "energy_mwh": (12.6e-3, 10.08e-3, 18.9e-3), "device_power_w": (250.0, 200.0, 280.0), "utilisation": 0.4,
        "memory_gb": 7.0, "input_compute_share": 0.25, "mfu": 0.3,
    }  # fmt: skip
    assert set(found) == {f"serving.{name}" for name in expected}
    for name, value in expected.items():
        assert found[f"serving.{name}"] == pytest.approx(value, rel=1e-9), name
    for low, high, devices in ((1.1, 1.5, (6.0, 4.0, 6.0)), (0.8, 0.9, (6.0, 6.0, 7.5))):
        one_sided = serving_plan._figures(plan, FULL, HOURS, ASKED, setting, Residuals(low, high))  # type: ignore[arg-type]
        assert one_sided["serving.devices"] == pytest.approx(devices, rel=1e-9)
    low = replace(setting, power_cap_share=0.1)
    capped = serving_plan._figures(plan, FULL, HOURS, ASKED, low, Residuals())["serving.device_power_w"]  # type: ignore[arg-type]
    assert capped == pytest.approx((250.0, 200.0, 250.0))


def test_doubts_of_a_serving_plan() -> None:
    workload = SimpleNamespace(input_tokens=600.0, output_tokens=400.0)
    assert serving_plan._context_warning(workload, MODEL) == ()  # type: ignore[arg-type]
    longer = SimpleNamespace(input_tokens=600.0, output_tokens=401.0)
    (warning,) = serving_plan._context_warning(longer, MODEL)  # type: ignore[arg-type]
    assert "1001 tokens" in warning.message
    assert serving_plan._context_warning(longer, replace(MODEL, max_context=0)) == ()  # type: ignore[arg-type]
    slow = SimpleNamespace(tpot_ms=60.0)
    for tokens, tpot_s, told in ((2.0, 0.05, 1), (2.0, 0.06, 0), (2.5, 0.05, 0), (1.0, 0.05, 0), (1.5, 0.05, 1)):
        request = replace(ASKED, output_tokens=tokens, tpot_s=tpot_s)
        assert len(serving_plan._pace_warning(slow, request)) == told, (tokens, tpot_s)  # type: ignore[arg-type]


def test_the_front_of_a_replica() -> None:
    """At 2 sequences 8 tokens a second and device, 37.5 J each, 1e6 / 28,800 device-hours a million at 3 USD.

    The point of four answers too late; that of one is quicker and draws less for a token than any other.
    """
    found = front_of([CURVE], replace(ASKED, ttft_s=1.0), 3.0)
    assert [p.batch for p in found] == [1.0, 2.0]
    two = found[1]
    assert (two.layout, two.devices) == ("TP2", 2)
    assert two.interactivity_tokens_per_s == pytest.approx(5.0)
    assert two.tokens_per_s_per_device == pytest.approx(8.0)
    assert two.joules_per_output_token == pytest.approx(37.5)
    assert two.device_h_per_mtok == pytest.approx(1e6 / 8 / 3600)
    assert two.usd_per_mtok == pytest.approx(3e6 / 8 / 3600)
    assert front_of([CURVE], replace(ASKED, ttft_s=0.1), 3.0) == ()
    assert front_of([CURVE], ASKED, None)[0].usd_per_mtok is None
    worse = replace(CURVE, tpot_s=2 * CURVE.tpot_s, device_power_w=2 * CURVE.device_power_w)
    assert len(front_of([CURVE, worse], replace(ASKED, ttft_s=1.0), 3.0)) == 2


def test_short_names_of_ways_to_spread() -> None:
    assert layout_words(replace(CURVE, layout=Layout())) == "TP1"
    assert layout_words(replace(CURVE, layout=Layout(2, 1, 1, 2))) == "TP2+EP2"
    assert layout_words(replace(CURVE, layout=Layout(1, 2, 2))) == "DP2 x PP2"
    assert layout_words(replace(CURVE, layout=Layout(2, 4, 3, 8))) == "DP4 x TP2 x PP3+EP8"
    pod = replace(CURVE, engines=2, input_layout=Layout(1, 8, 1, 8), input_engines=1)
    assert layout_words(pod) == "2 x TP2 + 1 x DP8+EP8 for input"
