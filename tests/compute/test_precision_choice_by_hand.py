"""When narrow weights are said to take more devices than wider ones, and why, on devices of a few round peaks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wattscale.compute.accelerators import Accelerator
from wattscale.compute.precision_choice import narrower_costs_more, wider_precision
from wattscale.compute.serving_work import Formats


def part(**peaks: float) -> Accelerator:
    """A device of these peaks [PFLOP/s]."""
    return SimpleNamespace(name="X", peak_flops={name: 1e15 * peak for name, peak in peaks.items()})  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("peaks", "precision", "wider"),
    [
        ({"bf16": 1.0, "fp8": 2.0, "int8": 3.0}, "int4", "int8"),  # The faster of two of one byte,
        ({"bf16": 1.0, "fp8": 3.0, "int8": 2.0}, "int4", "fp8"),
        ({"bf16": 9.0, "fp8": 1.0}, "int4", "fp8"),  # but the next width whatever its rate.
        ({"bf16": 1.0, "fp4": 4.0}, "int4", "bf16"),
        ({"bf16": 1.0, "fp8": 2.0}, "fp8", "bf16"),
        ({"bf16": 1.0, "fp8": 2.0}, "bf16", None),
    ],
)
def test_the_next_wider_precision(peaks: dict[str, float], precision: str, wider: str | None) -> None:
    assert wider_precision(part(**peaks), precision) == wider


@pytest.mark.parametrize(("devices", "told"), [(100, 0), (101, 0), (102, 1), (60, 0)])
def test_a_hundredth_more_devices_is_not_worth_a_word(devices: int, told: int) -> None:
    chip = part(bf16=1.0, fp8=2.0)
    assert len(narrower_costs_more(chip, "int4", Formats("int4", "bf16"), devices, lambda _: 100)) == told


def test_what_is_multiplied_as_stored_is_not_compared() -> None:
    def never(precision: str) -> int:
        raise AssertionError(precision)

    chip = part(bf16=1.0, fp8=2.0)
    assert narrower_costs_more(chip, "fp8", Formats("fp8", "fp8"), 999, never) == ()
    mixed = Formats("bf16", "bf16", "fp8", "fp4", "fp4")
    assert narrower_costs_more(part(bf16=1.0, fp4=4.0), "fp4", mixed, 999, lambda _: 1) != (), "only experts are"
    assert narrower_costs_more(part(bf16=1.0), "bf16", Formats("bf16", "fp32"), 999, never) == (), "nothing is wider"


HALF = "at 0.5 of the rate of fp8 and unpacking takes time."


@pytest.mark.parametrize(
    ("peaks", "formats", "words", "unsaid"),
    [
        ({"bf16": 1.0, "fp8": 2.0}, Formats("int4", "bf16"), f"products run in bf16 {HALF}", "stays in"),
        ({"bf16": 3.0, "fp8": 2.0}, Formats("int4", "bf16"), "run in bf16 and unpacking takes time.", "rate of"),
        ({"bf16": 1.0}, Formats("fp4", "bf16"), "products run in bf16. Narrow", "unpacking"),
        (
            {"bf16": 1.0, "fp8": 2.0},
            Formats("bf16", "bf16", "fp8", "int4", "bf16"),
            f"all but the experts stays in bf16, and their products run in bf16 {HALF}",
            "on X products",
        ),
        ({"bf16": 1.0}, Formats("int8", "bf16", "fp8", "fp4", "bf16"), "in bf16 and unpacking takes time.", "rate of"),
    ],
)
def test_why_narrow_weights_take_more_devices(
    peaks: dict[str, float], formats: Formats, words: str, unsaid: str
) -> None:
    precision = formats.expert_weights or formats.weights
    (found,) = narrower_costs_more(part(**peaks), precision, formats, 2000, lambda _: 1000)
    assert words in found.message
    assert unsaid not in found.message
    assert f"{precision} takes 2,000 devices where" in found.message
