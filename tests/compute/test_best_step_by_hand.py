"""The search for the best layout with memory and times given, and what it says where nothing fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.compute import training_search
from wattscale.compute.parallelism import FULL, Fixed, Layout
from wattscale.compute.training_coefficients import Machine
from wattscale.compute.training_memory import MemoryCoefficients
from wattscale.compute.training_search import best_step, nominal_gb
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import StepTimes
from wattscale.errors import InfeasibleError

SHAPE = TrainingShape(4.0, 64.0, 100.0, 50.0, *(1.0,) * 9)
"""Sequences of 50 tokens."""
MACHINE = Machine(1e15, 1e15, 0, 80.0, 3e12, 8, 4e11, 5e10, 0, 0)
MEMORY = MemoryCoefficients(2, 2, 12, 34, 6, 0, 1.25)
"""A device of nominal 80 byte holds 100."""
ROOM = 100.0


def found_among(monkeypatch: pytest.MonkeyPatch, memory: list[float], seconds: list[float]) -> training_search.BestStep:
    """Three layouts on 2, 4 and 6 devices, of 3, 2 and 1 microbatches, in microbatches of 1, 2 and 5."""
    ones = np.ones(3)
    lay = Layout(ones, np.array([2.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]), ones, ones, ones,
                 np.array([1.0, 2.0, 5.0]), np.array([3.0, 8.0, 10.0]), ones, ones, ones)  # fmt: skip
    monkeypatch.setattr(training_search, "candidate_layouts", lambda *_: lay)
    monkeypatch.setattr(training_search, "training_memory", lambda *_: SimpleNamespace(total=np.array(memory)))

    def times(shape: object, kept: Layout, *_: object) -> StepTimes:
        total = np.array([seconds[{2: 0, 4: 1, 6: 2}[int(n)]] for n in np.asarray(kept.devices)])
        return StepTimes(**{f.name: total for f in fields(StepTimes)})

    monkeypatch.setattr(training_search, "step_times", times)
    return best_step(SHAPE, 6, 10.0, MACHINE, None, MEMORY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("memory", "seconds", "devices", "tokens", "fitting"),
    [
        # 3, 8 and 10 sequences of 50 tokens: 150, 400 and 500 a step.
        ([50.0, 90.0, 80.0], [1.0, 1.0, 1.0], 6, 500.0, 3),
        ([50.0, 90.0, 80.0], [1.0, 2.0, 4.0], 4, 400.0, 3),
        ([50.0, 90.0, 80.0], [0.5, 2.0, 4.0], 2, 150.0, 3),
        ([50.0, 100.0, 101.0], [1.0, 1.0, 1.0], 4, 400.0, 2),  # Just full will do.
        ([101.0, 99.0, 101.0], [1.0, 1.0, 1.0], 4, 400.0, 1),
    ],
)
def test_the_layout_of_most_tokens_a_second_that_fits(
    monkeypatch: pytest.MonkeyPatch, memory: list[float], seconds: list[float], devices: int, tokens: float,
    fitting: int,
) -> None:  # fmt: skip
    found = found_among(monkeypatch, memory, seconds)
    at = {2: 0, 4: 1, 6: 2}[devices]
    assert (found.devices, found.tokens_per_step, found.fitting, found.considered) == (devices, tokens, fitting, 3)
    assert found.memory_bytes == memory[at]
    assert found.tokens_per_s == pytest.approx(tokens / seconds[at])


def test_what_fits_nowhere_is_told_in_nominal_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The leanest of three takes 150 GB where 100 are: 120 of 80 as makers count them."""
    monkeypatch.setattr(training_search, "_nearest_fit", lambda *_: "none")
    big = replace(MACHINE, memory_bytes=80e9)
    monkeypatch.setattr(training_search, "candidate_layouts", lambda *_: Layout(*(np.ones(3),) * 11))
    total = SimpleNamespace(total=np.array([200e9, 150e9, 180e9]))
    monkeypatch.setattr(training_search, "training_memory", lambda *_: total)
    with pytest.raises(InfeasibleError, match="takes 120 GB per device of 80 GB"):
        best_step(SHAPE, 6, 10.0, big, None, MEMORY)  # type: ignore[arg-type]
    assert nominal_gb(1.2344e9, MEMORY) == 0.988  # 0.98752, to three places


@pytest.mark.parametrize(
    ("fixed", "batch", "told"),
    [
        (Fixed(tensor=4, pipeline=3), 8.0, "need at least 12 devices"),
        (Fixed(tensor=12), 8.0, "need at least 12 devices"),
        (Fixed(pipeline=12), 8.0, "need at least 12 devices"),
        (Fixed(tensor=11), 8.0, "Leave tensor_parallel"),
        (Fixed(pipeline=11), 0.5, "at least one sequence"),
        (None, 0.99, "at least one sequence"),
        (None, 1.0, "Leave tensor_parallel"),
    ],
)
def test_why_no_layout_is_valid(fixed: Fixed | None, batch: float, told: str) -> None:
    """On 11 devices."""
    assert told in training_search._no_layout_hint(SHAPE, 11, batch, fixed)


Takes = Callable[[TrainingShape, int, float, "Fixed | None"], "list[float]"]


def hint(monkeypatch: pytest.MonkeyPatch, takes: Takes, devices: int = 8, batch: float = 2.0,
         fixed: Fixed | None = None, shape: TrainingShape = SHAPE) -> str:  # fmt: skip
    """What is said where the layouts of a shape, devices, batch and what is fixed take these bytes."""
    monkeypatch.setattr(training_search, "candidate_layouts", lambda s, n, b, domain, given: takes(s, n, b, given))
    monkeypatch.setattr(training_search, "training_memory", lambda s, lay, mem: SimpleNamespace(total=np.array(lay)))
    return training_search._nearest_fit(shape, devices, batch, MACHINE, MEMORY, fixed)


def test_the_fewest_devices_that_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """88 devices hold it, in one layout of two and with nothing to spare; the first of 8 doubled that do are 128."""
    asked = []

    def takes(shape: TrainingShape, devices: int, batch: float, fixed: Fixed | None) -> list[float]:
        asked.append(devices)
        return [500.0, ROOM * 88 / devices] if devices > 20 else []

    assert hint(monkeypatch, takes) == "Nearest that fits: 88 devices"
    assert asked[:5] == [16, 32, 64, 128, 96]
    assert "Nearest that fits: 88 devices" in hint(monkeypatch, takes, devices=87)


def test_large_counts_are_found_to_a_sixty_fourth(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,200 between 4,096 and 8,192: 6,144, 5,120, 4,608, 4,352, 4,224 do, 4,160 does not; 64 apart are enough."""
    told = hint(monkeypatch, lambda s, n, b, f: [ROOM * 4200 / n])
    assert told == "Nearest that fits: 4224 devices"


def test_a_search_ends_within_a_sixty_fourth_of_what_is_too_few() -> None:
    """129 between 128 and 256: 192, 160, 144, 136, 132 and 130 do; two apart is a sixty-fourth of 128, not of 127."""
    assert training_search._smallest(lambda n: n >= 129, 128, 256) == 130
    assert training_search._smallest(lambda n: n >= 128, 127, 256) == 128


def test_the_search_for_devices_ends_at_2_to_the_25(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def never(shape: TrainingShape, devices: int, batch: float, fixed: Fixed | None) -> list[float]:
        asked.append(devices)
        return [2 * ROOM]

    told = hint(monkeypatch, never, devices=1)
    assert told == "No number of devices makes it fit; take a device with more memory"
    assert asked == [2**i for i in range(1, 26)] + [1]


FIXED = Fixed(tensor=4, pipeline=4, zero=1, recompute=0)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("recompute", "Use recompute = 'full', or leave it free"),
        ("zero", "Use zero_stage = 3, or leave it free"),
        ("tensor", "Use a higher tensor_parallel, or leave it free"),
        ("pipeline", "Use a higher pipeline_parallel, or leave it free"),
        ("none", "Leave tensor_parallel, pipeline_parallel, zero_stage and recompute free"),
    ],
)
def test_what_is_fixed_is_loosened_first(monkeypatch: pytest.MonkeyPatch, key: str, told: str) -> None:
    """Everything free fits; of the four alone only one, and more devices would do as well."""

    def takes(shape: TrainingShape, devices: int, batch: float, given: Fixed | None) -> list[float]:
        if given is not None and key != "none":
            loose = getattr(given, key) in (None, FULL)
            return [ROOM] if loose else [2 * ROOM]
        return [ROOM] if given is None else [2 * ROOM]

    assert hint(monkeypatch, takes, fixed=FIXED) == told


def test_what_is_not_fixed_is_not_told_to_be_loosened(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one degree fixed and all others free nothing but that degree can be loosened."""

    def takes(shape: TrainingShape, devices: int, batch: float, given: Fixed | None) -> list[float]:
        return [2 * ROOM] if given == Fixed(pipeline=2) else [ROOM]

    assert "higher pipeline_parallel" in hint(monkeypatch, takes, fixed=Fixed(pipeline=2))


def test_devices_are_added_where_loosening_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    told = hint(monkeypatch, lambda s, n, b, given: [ROOM * 30 / n], fixed=FIXED)
    assert told == "Nearest that fits: 30 devices"


def shorter(monkeypatch: pytest.MonkeyPatch, length: int, most: int, batch: float = 2.0) -> tuple[str, list[float]]:
    """What is said where no devices help and sequences up to `most` tokens fit; and the batches asked for."""
    batches: list[float] = []

    def takes(shape: TrainingShape, devices: int, batch: float, fixed: Fixed | None) -> list[float]:
        if devices > 8:
            return []
        batches.append(batch)
        return [2 * ROOM, ROOM * float(shape.sequence_length) / most]

    told = hint(monkeypatch, takes, batch=batch, shape=replace(SHAPE, sequence_length=float(length)))
    return told, batches


def test_the_longest_sequence_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """11 of 50 tokens are the first too many: 10 do. The batch keeps its tokens, and is one sequence at least.

    Asked are 1, then 25, 13, 7, 10 and 11, halfway between the longest known to fit and the shortest that does not.
    """
    told, batches = shorter(monkeypatch, 50, 10)
    assert told == "No number of devices makes it fit; a sequence of about 10 tokens does"
    assert batches == pytest.approx([100.0 / n for n in (1, 25, 13, 7, 10, 11)])
    _, batches = shorter(monkeypatch, 50, 10, batch=0.3)
    assert batches == pytest.approx([15.0, 1.0, 15 / 13, 15 / 7, 1.5, 15 / 11])


def test_long_sequences_are_told_a_sixty_fourth_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 of 6,400: 3,200, 1,600, 800, 1,200, 1,000, 1,100, 1,050, 1,025, 1,012; 100 less are 912."""
    assert "about 912 tokens" in shorter(monkeypatch, 6400, 1000)[0]
    assert "about 1 tokens" in shorter(monkeypatch, 6400, 2)[0], "never none"


def test_where_no_sequence_fits_only_more_memory_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    told = hint(monkeypatch, lambda s, n, b, f: [], fixed=None)
    assert told == "No number of devices makes it fit; take a device with more memory"
