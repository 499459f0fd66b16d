"""What a steady batch asks of its steps, and how their times come together."""

from __future__ import annotations

from dataclasses import fields, replace
from math import exp
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import serving_cycle
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.roofline import Step, device_rates, mean_step
from wattscale.compute.serving_cycle import mixed_steps, run_cycle
from wattscale.compute.serving_memory import MemoryRules, free_bytes, load_memory_rules, max_sequences
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import Formats, Layout, total_weight_bytes
from wattscale.compute.speculation import NO_DRAFT, Speculation, add_draft
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

MODEL = Architecture(
    "by hand", 10, 100, False, (LayerGroup(3, Attention("full", 6, 2, 4, 5), FeedForward("dense", 7)),), 1000
)
REQUEST = Request(400.0, 50.0, 0.75, 1.0, 0.05, 0.9)
"""400 tokens of which 300 are cached, and 50 of output."""


def timed(seconds: float, start: float = 0.1) -> Step:
    """A step whose parts and utilisations are all unlike."""
    return Step(np.array([seconds]), *(np.array([start * (i + 1)]) for i in range(10)))


def run(monkeypatch: pytest.MonkeyPatch, setting: Setting, layout: Layout, sequences: float):  # type: ignore[no-untyped-def]
    """A cycle in which a step takes 1 s, with input 4 s more, and 0.5 s for each further token of a sequence."""
    asked = []

    def work(arch, layout, formats, b, context, prefill, seen, skew, wait, each):  # type: ignore[no-untyped-def]
        taken = float(np.ravel(prefill)[0])
        asked.append((float(b[0]), float(context[0]), taken, seen, skew, wait, each))
        return 1.0 + 4.0 * (taken > 0) + 0.5 * (each - 1.0)

    monkeypatch.setattr(serving_cycle, "step_work", work)
    monkeypatch.setattr(serving_cycle, "step_time", lambda work, device, rates: timed(work, 0.1 * work))
    found = run_cycle(MODEL, setting, layout, Formats("fp8", "fp8", "fp8"), np.array([sequences]), REQUEST, 100.0)
    return found, asked


@pytest.fixture
def setting(catalog: Catalog) -> Setting:
    known = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    return replace(known, chunk_tokens=8192.0, expert_skew=0.6, group_wait=0.3, speculation=NO_DRAFT)


def test_a_cycle_without_a_draft(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """25 sequences of 50 tokens finish half a request a step: input comes in 1 - exp(-1/2) of them, 50 tokens a step.

    A sequence holds its 400 tokens and half of its output on the mean; input is 100 tokens that each see the 300
    cached ones and half of themselves, as those of a prompt of 700 do.
    """
    found, asked = run(monkeypatch, setting, Layout(2), 25.0)
    share = 1 - exp(-0.5)
    assert asked == [(25.0, 425.0, 0.0, 700.0, 0.6, 0.3, 1.0),
                     (25.0, 425.0, pytest.approx(50 / share, rel=1e-9), 700.0, 0.6, 0.3, 1.0)]  # fmt: skip
    assert float(found.mixed_share[0]) == pytest.approx(share, rel=1e-9)
    assert float(found.mixed_tokens[0]) == pytest.approx(50 / share, rel=1e-9)
    assert (float(found.decode_s[0]), float(found.mixed_s[0])) == (1.0, 5.0)
    assert float(found.mean.time_s[0]) == pytest.approx((1 - share) * 1 + share * 5, rel=1e-9)
    assert float(found.mixed.time_s[0]) == 5.0


def test_a_cycle_with_a_draft(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """Three tokens drafted, half of them accepted: 1.875 a step, so that 50 take 26.7 steps; four are verified.

    A draft takes 3 x 0.1 of a plain step of 1 s beside 2.5 s, and 6.5 with input.
    """
    guess = replace(setting, speculation=Speculation(3, 0.5, 0.1))
    found, asked = run(monkeypatch, guess, Layout(2), 25.0)
    assert [a[6] for a in asked] == [1.0, 4.0, 4.0]
    assert [a[2] > 0 for a in asked] == [False, False, True]
    finished = 25 * 1.875 / 50
    assert float(found.mixed_share[0]) == pytest.approx(1 - exp(-finished), rel=1e-9)
    assert float(found.mixed_tokens[0]) == pytest.approx(100 * finished / (1 - exp(-finished)), rel=1e-9)
    assert (float(found.decode_s[0]), float(found.mixed_s[0])) == pytest.approx((2.5 + 0.3, 6.5 + 0.3), rel=1e-9)


def test_stages_of_a_cycle_share_its_sequences(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """Two stages of 25 each: half a request ends a step in each of them, and a step takes in what both do."""
    found, asked = run(monkeypatch, setting, Layout(2, 1, 2), 50.0)
    assert asked[1][2] == pytest.approx(2 * 50 / (1 - exp(-0.5)), rel=1e-9)
    assert float(found.mixed_tokens[0]) == pytest.approx(50 / (1 - exp(-0.5)), rel=1e-9)


NAMES = [f.name for f in fields(Step)]


def test_every_part_of_the_mean_of_two_steps() -> None:
    """One in four takes 4 s, the others 2: 2.5 s; utilisations are weighted by time, seconds by steps."""
    found = mean_step(timed(2.0, 0.01), timed(4.0, 0.03), 0.25)
    for i, name in enumerate(NAMES):
        seconds = 0.75 * 0.01 * i + 0.25 * 0.03 * i
        shares = (0.75 * 2 * 0.01 * i + 0.25 * 4 * 0.03 * i) / 2.5
        expected = 2.5 if name == "time_s" else seconds if i < 5 else shares
        assert float(getattr(found, name)[0]) == pytest.approx(expected, rel=1e-9), name


def test_every_part_of_a_step_with_its_draft() -> None:
    """4 s and 3 x 0.2 of 2 s before: 5.2 s."""
    found = add_draft(timed(4.0, 0.03), timed(2.0, 0.01), Speculation(3, 0.5, 0.2))
    for i, name in enumerate(NAMES):
        seconds = 0.03 * i + 0.6 * 0.01 * i
        shares = (4 * 0.03 * i + 0.6 * 2 * 0.01 * i) / 5.2
        expected = 5.2 if name == "time_s" else seconds if i < 5 else shares
        assert float(getattr(found, name)[0]) == pytest.approx(expected, rel=1e-9), name
    for free in (Speculation(3, 0.5, 0.0), Speculation(0, 0.5, 0.2)):
        assert add_draft(found, timed(2.0), free) is found


def test_input_tokens_are_few_where_requests_are_long() -> None:
    """One of 100 requests ends a step: half a token of input on the mean, 50 where there is any."""
    share, tokens = mixed_steps(np.array([1.0]), 50.0, 100.0, 8192.0)
    assert (float(share[0]), float(tokens[0])) == pytest.approx((1 - exp(-0.01), 0.5 / (1 - exp(-0.01))), rel=1e-9)


def test_peaks_that_a_step_takes_from_its_device(catalog: Catalog) -> None:
    """Scores run in 16 bit; what has no such format, or no link, takes its other peak and its memory."""
    chip = replace(load_accelerator(catalog, "H100"), peak_flops={"bf16": 1e3, "fp8": 2e3, "fp4": 4e3},
                   memory_bytes_per_s=50.0, link_bytes_per_s=20.0)  # fmt: skip
    found = device_rates(chip, "fp8", "fp4")
    assert (found.flops, found.expert_flops, found.score_flops) == (2e3, 4e3, 1e3)
    assert (found.memory_bytes_per_s, found.link_bytes_per_s, found.width, found.expert_width) == (50.0, 20.0, 1.0, 0.5)
    other = device_rates(replace(chip, peak_flops={"fp8": 2e3}, link_bytes_per_s=0.0), "fp8")
    assert (other.flops, other.expert_flops, other.score_flops) == (2e3, 2e3, 2e3)
    assert (other.link_bytes_per_s, other.width, other.expert_width) == (50.0, 1.0, 1.0)


def test_what_an_engine_keeps_for_itself(catalog: Catalog) -> None:
    found = load_memory_rules(catalog)
    known = {
        n: catalog.value("serving_coefficients", f"engine.{n}")
        for n in ("memory_share", "activation_gb", "activation_share")
    }
    assert found == MemoryRules(known["memory_share"], known["activation_gb"] * 1e9, known["activation_share"])


def test_a_model_that_keeps_nothing_holds_a_sequence_for_each_free_byte(catalog: Catalog) -> None:
    """Without token mixing there is no cache: one byte a sequence stands for none."""
    none = replace(MODEL, groups=(LayerGroup(3, None, FeedForward("dense", 7)),))
    chip = replace(load_accelerator(catalog, "H100"), memory_bytes=1e5)
    free = free_bytes(none, chip, Layout(), Formats(), MemoryRules(0.9, 5e2))
    assert free == pytest.approx(0.9e5 - total_weight_bytes(none, Layout(), Formats()) - 500.0)
    assert max_sequences(none, chip, Layout(), Formats(), MemoryRules(0.9, 5e2), 50.0) == pytest.approx(free)


class Named:
    """A catalogue in which one engine has coefficients of its own."""

    def __init__(self) -> None:
        self.own = {"engine-own.first_token_s": 0.1, "engine-own.own_factor": 3.0}
        self.usual = {"default.first_token_s": 0.2, "default.own_factor": 2.0}

    def has_figure(self, table: str, name: str) -> bool:
        return name in self.own

    def value(self, table: str, name: str) -> float:
        return {**self.own, **self.usual}.get(name, 7.0)


@pytest.mark.parametrize(("engine", "first", "factor"), [("own", 0.1, 3.0), ("other", 0.2, 2.0)])
def test_what_an_engine_has_not_of_its_own_is_usual(
    monkeypatch: pytest.MonkeyPatch, engine: str, first: float, factor: float
) -> None:
    for name in ("rates_of", "load_power_coefficients", "load_memory_rules", "load_cap_rules"):
        monkeypatch.setattr(f"wattscale.compute.serving_setting.{name}", lambda *_: None)
    found = load_setting(Named(), SimpleNamespace(generation="x"), engine)  # type: ignore[arg-type]
    assert (found.first_token_s, found.own_factor) == (first, factor)
