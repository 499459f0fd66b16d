"""What a trainer is made of, the devices that it leaves idle, and the plan, figures and doubts of its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import training, training_run
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.goodput import Goodput
from wattscale.compute.parallelism import FULL, NONE, SELECTIVE, Fixed
from wattscale.compute.result import TrainingPlan
from wattscale.compute.training_memory import MemoryCoefficients
from wattscale.compute.training_power import RunPower
from wattscale.compute.training_run import Run, Trainer, make_trainer
from wattscale.compute.training_step import PARTS
from wattscale.errors import InfeasibleError
from wattscale.figure import Figure
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import TrainingTable
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

MEMORY = MemoryCoefficients(2.0, 3.0, 12.0, 34.0, 6.0, 0.0, 1.25)
SHAPE = SimpleNamespace(params_total=8e9, trained_share=0.5, model_flops=4e9)
USEFUL = Goodput(0.8, 0.05, 0.05, 0.05, 0.05, interruptions_per_day=0.7, checkpoint_interval_s=900.0)


def trainer(**changes: object) -> Trainer:
    made = Trainer(SHAPE, SimpleNamespace(peak_flops=1e14), None, MEMORY, None, 4.0, Fixed(), False, 0.5, None, 0.7)  # type: ignore[arg-type]
    return replace(made, **changes)


# --- A run of a number of devices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speeds", "asked", "best"),
    [
        ({8: 4.0, 4: 3.0}, [8, 4], 8),
        ({8: 2.0, 4: 2.0}, [8, 4], 8),  # As fast with half of them idle is no gain.
        ({8: 1.0, 4: 2.0, 2: 3.0, 1: 2.5}, [8, 4, 2, 1], 2),
        ({8: 1.0, 4: 2.0, 2: 3.0, 1: 4.0}, [8, 4, 2, 1], 1),
        ({8: 1.0, 4: 2.0}, [8, 4, 2], 4),  # Two do not hold the model.
        ({9: 1.0, 4: 0.5}, [9, 4], 9),
        ({2: 1.0, 1: 2.0}, [2, 1], 1),
        ({1: 1.0}, [1], 1),
    ],
)
def test_half_of_the_devices_stay_idle_where_fewer_are_faster(
    monkeypatch: pytest.MonkeyPatch, speeds: dict[int, float], asked: list[int], best: int
) -> None:
    """As with a batch that does not split over all of them; the run holds them all the same."""
    tried: list[int] = []

    def run(self: Trainer, devices: int) -> Run:
        tried.append(devices)
        if devices not in speeds:
            raise InfeasibleError("does not fit", where="x", value=devices)
        return Run(devices, SimpleNamespace(devices=devices), USEFUL, 1.0, speeds[devices])  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "_run_of_all", run)
    found = trainer().run(asked[0])
    assert tried == asked
    assert (found.devices, found.best.devices, found.tokens_per_s) == (asked[0], best, speeds[best])


def test_the_speed_of_a_run_is_that_of_its_steps_tuned_capped_and_useful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of 8e9 weights have a state: 4e9 x (2 + 12) byte saved by 6 of 7 devices; 0.5 x 0.9 x 0.8 of 1,000."""
    seen: dict[str, object] = {}
    best = SimpleNamespace(devices=6, tokens_per_s=1000.0)
    monkeypatch.setattr(training_run, "best_step", lambda *given: seen.update(step=given[1:3]) or best)
    monkeypatch.setattr(training_run, "load_reliability", lambda _: None)
    monkeypatch.setattr(training_run, "goodput", lambda *given: seen.update(saved=given[:2]) or USEFUL)
    monkeypatch.setattr(training_run, "cap_speed", lambda *given: seen.update(cap=given[3:]) or 0.9)
    found = trainer()._run_of_all(7)
    assert seen == {"step": (7, 4.0), "saved": (6, pytest.approx(4e9 * 14 / 6)), "cap": (0.7, 0.5)}
    assert found.devices == 7
    assert found.run_share == pytest.approx(0.45, rel=1e-9)
    assert found.tokens_per_s == pytest.approx(360.0, rel=1e-9)
    assert found.days(360 * 86_400 * 2.5) == pytest.approx(2.5, rel=1e-9)


# --- What it is made of -----------------------------------------------------------------------------------------------


def model(heads: int = 12, layers: int = 4, encoder: int = 0) -> Architecture:
    mixing, feed = Attention("full", heads, 4, 8, 8), FeedForward("dense", 64)
    groups = (LayerGroup(layers, mixing, feed),)
    plain = Architecture("by hand", 96, 1000, False, groups, 4096)
    return replace(plain, encoder=(LayerGroup(encoder, mixing, feed),)) if encoder else plain


def made(catalog: Catalog, arch: Architecture | None = None, **recipe: object) -> Trainer:
    asked = TrainingTable(**{"tokens": 1e9, "sequence_length": 512, "global_batch_tokens": 4096.0, **recipe})
    table = ComputeTable(power_cap_share=0.75, inter_node_gbytes_per_s=12.5)
    return make_trainer(asked, arch or model(), table, load_accelerator(catalog, "H100"), catalog)


def test_a_trainer_takes_its_parts_from_the_scenario(catalog: Catalog) -> None:
    found = made(catalog, tensor_parallel=4, pipeline_parallel=2, zero_stage=0, recompute="selective", days=3.0)
    assert found.batch == 8.0
    assert found.fixed == Fixed(tensor=4, pipeline=2, zero=0, recompute=SELECTIVE)
    assert (found.days_solved, found.power_cap_share) == (False, 0.75)
    assert found.machine.network_bytes_per_s == 12.5e9
    assert (found.shape.sequence_length, found.shape.trained_share, found.shape.frozen_bytes) == (512.0, 1.0, 2.0)
    other = made(catalog, trained_share=0.25, frozen_precision="int4", global_batch_tokens=100.0, recompute="none",
                 devices=8)  # fmt: skip
    assert other.batch == 1.0, "a batch is one sequence at least"
    assert other.fixed == Fixed(recompute=NONE)
    assert other.days_solved
    assert (other.shape.trained_share, other.shape.frozen_bytes) == (0.25, 0.5)
    assert made(catalog, recompute="full").fixed == Fixed(recompute=FULL)
    assert made(catalog, global_batch_tokens=768.0).batch == 1.5


@pytest.mark.parametrize(
    ("heads", "degree", "nearest"),
    [(12, 5, 4), (12, 8, 6), (12, 9, 6), (12, 10, 12), (12, 20, 12), (7, 2, 1), (7, 5, 7), (12, 1, 0), (12, 12, 0)],
)
def test_heads_are_split_whole(catalog: Catalog, heads: int, degree: int, nearest: int) -> None:
    """The nearest degree that divides the heads, the smaller of two; zero: this one does."""
    if not nearest:
        assert made(catalog, model(heads), tensor_parallel=degree).fixed.tensor == degree
        return
    with pytest.raises(InfeasibleError, match=f"does not divide the {heads} heads of by hand") as told:
        made(catalog, model(heads), tensor_parallel=degree)
    assert told.value.hint == f"Nearest that does: {nearest}"


def test_heads_of_all_layers_count_and_where_there_are_none_the_width(catalog: Catalog) -> None:
    """Ten and four heads have two in common; without any attention 96 numbers of width are split."""
    plain = model()
    mixed = (*model(10).groups, *model(4).groups)
    assert made(catalog, replace(plain, groups=mixed), tensor_parallel=2).fixed.tensor == 2
    with pytest.raises(InfeasibleError, match="does not divide the 2 heads"):
        made(catalog, replace(plain, groups=mixed), tensor_parallel=4)
    assert made(catalog, model(7, layers=1)).fixed == Fixed(), "what is searched is no degree yet"
    none = replace(plain, groups=(LayerGroup(4, None, FeedForward("dense", 64)),))
    with pytest.raises(InfeasibleError, match="does not divide the 96 heads"):
        made(catalog, none, tensor_parallel=5)


@pytest.mark.parametrize(("encoder", "stages", "most"), [(0, 4, None), (0, 5, 4), (3, 7, None), (3, 8, 7)])
def test_stages_hold_a_layer_each(catalog: Catalog, encoder: int, stages: int, most: int | None) -> None:
    if most is None:
        assert made(catalog, model(encoder=encoder), pipeline_parallel=stages).fixed.pipeline == stages
        return
    with pytest.raises(InfeasibleError, match="is more than the layers of by hand") as told:
        made(catalog, model(encoder=encoder), pipeline_parallel=stages)
    assert told.value.allowed == f"1 to {most}"


# --- Its plan ---------------------------------------------------------------------------------------------------------

SECONDS = {part: float(i + 1) for i, part in enumerate(PARTS)}
"""1 s of products, 2 of attention, 3 of small operators, 4 of recompute, 5 to 8 of traffic, 9 of bubble, 10 of data,
11 of the optimiser and 12 of overhead: 78 s."""
LAYOUT = SimpleNamespace(tensor=2.0, pipeline=3.0, data=4.0, context=5.0, expert=6.0, microbatch=7.0, zero=1.0)
BEST = SimpleNamespace(
    step=SimpleNamespace(**SECONDS, total=78.0), layout=LAYOUT, memory_bytes=50e9, tokens_per_s=1e6, devices=120,
    tokens_per_step=78e6, considered=99,
)  # fmt: skip
RUN = Run(125, BEST, USEFUL, 0.5, 4e5)  # type: ignore[arg-type]
POWER = RunPower(busy_device_w=600.0, device_w=500.0, server_w=800.0, total_w=900.0, network_w=40.0,
                 idle_total_w=200.0, kernel_share=0.5, compute_utilisation=0.45)  # fmt: skip
TOKENS = 4e5 * 86_400 * 10.0
"""Ten days of it."""


def recipe(**changes: object) -> TrainingTable:
    return TrainingTable(**{"tokens": TOKENS, "global_batch_tokens": 80e6, "rest_of_year": "off", **changes})


def plan() -> TrainingPlan:
    return training._plan(RUN, POWER, trainer(), recipe(runs_per_year=3.0), SimpleNamespace(name="X"))  # type: ignore[arg-type]


def test_the_plan_of_a_run() -> None:
    """125 devices for ten days at 900 W; 1e6 token/s at half speed of 4e9 FLOP each over 125 x 1e14."""
    found = plan()
    assert (found.accelerator, found.devices) == ("X", 125)
    assert found.days == pytest.approx(10.0, rel=1e-9)
    assert found.device_hours == pytest.approx(30_000.0, rel=1e-9)
    assert found.mfu == pytest.approx(0.5e6 * 4e9 / 1.25e16, rel=1e-9)
    assert (found.goodput, found.device_power_w, found.it_power_w_per_device) == (0.8, 500.0, 900.0)
    assert found.energy_mwh == pytest.approx(27.0, rel=1e-9)
    assert float(found.power_mw.sum()) == pytest.approx(81.0, rel=1e-9), "three runs a year"
    assert float(found.power_mw[0]) == pytest.approx(0.1125, rel=1e-9)
    assert (found.tensor_parallel, found.pipeline_parallel, found.data_parallel) == (2, 3, 4)
    assert found.step_time_s == pytest.approx(156.0, rel=1e-9)
    assert found.memory_gb == pytest.approx(40.0)
    shares = {name: seconds / 78 for name, seconds in SECONDS.items()}
    expected = {k: v for k, v in shares.items() if k not in ("matrix", "attention", "elementwise")}
    assert found.time_shares == pytest.approx({**expected, "compute": 6 / 78}, rel=1e-9)


class Residuals:
    """Hours are known from 0.8 to 1.5 of what is computed, energy from 0.9 to 1.2; or all on one side of it."""

    def __init__(self, low: float = 0.8, high: float = 1.5) -> None:
        self.hours = Figure("x", 1.0, low, high, "1", "", "", "estimated")

    def figure(self, table: str, name: str) -> Figure:
        assert table == "training_coefficients"
        energy = Figure("x", 1.0, 0.9, 1.2, "1", "", "", "estimated")
        return {"residual.device_hours": self.hours, "residual.energy": energy}[name]


def figures(residuals: Residuals, days_solved: bool = False, **changes: object) -> dict[str, object]:
    who = trainer(catalog=residuals, days_solved=days_solved)
    return dict(training._figures(replace(plan(), **changes), RUN, who, POWER))  # type: ignore[arg-type]


def test_figures_of_a_run_with_their_ranges() -> None:
    found = figures(Residuals())
    mfu = 0.5e6 * 4e9 / 1.25e16
    expected = {
        "devices": (125.0, 100.0, 187.5), "days": 10.0, "device_hours": (30_000.0, 24_000.0, 45_000.0),
        "mfu": (mfu, mfu / 1.5, mfu / 0.8), "hfu": 0.45, "goodput": 0.8, "energy_mwh": (27.0, 24.3, 32.4),
        "step_time_s": 156.0, "tokens_per_s": 4e5, "memory_gb": 40.0, "device_power_w": 500.0,
        "server_power_w_per_device": 800.0, "it_power_w_per_device": 900.0,
        "communication_share": (5 + 6 + 7 + 8 + 10) / 78, "bubble_share": 9 / 78, "recompute_share": 4 / 78,
        "tensor_parallel": 2.0, "pipeline_parallel": 3.0, "data_parallel": 4.0, "context_parallel": 5.0,
        "expert_parallel": 6.0, "layouts_considered": 99.0, "microbatch": 7.0, "zero_stage": 1.0,
        "interruptions_per_day": 0.7, "checkpoint_interval_s": 900.0, "joules_per_token": 900 * 125 / 4e5,
    }  # fmt: skip
    assert set(found) == {f"training.{name}" for name in expected}
    for name, value in expected.items():
        assert found[f"training.{name}"] == pytest.approx(value, rel=1e-9), name
    solved = figures(Residuals(), days_solved=True)
    assert solved["training.devices"] == 125.0
    assert solved["training.days"] == pytest.approx((10.0, 8.0, 15.0), rel=1e-9)


def test_the_share_of_the_peak_holds_its_own_value_and_is_never_above_one() -> None:
    """Hours that are all longer, or all shorter, than computed leave one side of the range at the value."""
    for low, high, mfu, expected in (
        (0.8, 1.25, 0.4, (0.4, 0.32, 0.5)),
        (0.5, 1.25, 0.6, (0.6, 0.48, 1.0)),
        (1.1, 1.25, 0.4, (0.4, 0.32, 0.4)),
        (0.8, 0.9, 0.4, (0.4, 0.4, 0.5)),
    ):
        assert figures(Residuals(low, high), mfu=mfu)["training.mfu"] == pytest.approx(expected, rel=1e-9)


# --- Its doubts -------------------------------------------------------------------------------------------------------


class Known:
    """Measurements reach to 1,000 devices; fp4 was measured on a device named `same`, of generation `one`."""

    def __init__(self, trains: dict[str, float]) -> None:
        self.trains = trains

    def has_figure(self, table: str, name: str) -> bool:
        return (table == "training_coefficients" and name == "fitted.gemm_efficiency") or name in self.trains

    def value(self, table: str, name: str) -> float:
        return 1000.0 if name == "usual.most_devices" else self.trains[name]

    def rows(self, table: str) -> list[SimpleNamespace]:
        steps = [{"precision": "fp4", "accelerator": "same"}, {"precision": "bf16", "accelerator": "other"}]
        return [SimpleNamespace(text=row.__getitem__) for row in steps]

    def row(self, table: str, name: str) -> SimpleNamespace:
        return SimpleNamespace(text=lambda column: {"same": "one", "other": "two"}[name])


Warned = Callable[..., "set[str]"]


@pytest.fixture
def warned() -> Warned:
    """Codes told of a run on 100 devices that use them all, in a batch as asked, for less than a year."""

    def codes(devices: int = 100, used: int = 100, tokens: float = 80e6, generation: str = "fitted",
              server: str = "rack", **changes: object) -> set[str]:  # fmt: skip
        best = SimpleNamespace(**{**vars(BEST), "devices": used, "tokens_per_step": tokens})
        run = Run(devices, best, USEFUL, 0.5, 4e5)  # type: ignore[arg-type]
        chip = SimpleNamespace(name="X", generation=generation, server=server)
        who = trainer(catalog=Known({"default.trains": 1.0, "laptop.trains": 0.0, "half.trains": 0.5}))
        return {w.code for w in training._warnings(run, recipe(**changes), chip, who)}  # type: ignore[arg-type]

    return codes


def test_nothing_is_said_of_a_usual_run(warned: Warned) -> None:
    assert warned() == set()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"generation": "new"}, {"training-hardware-unfitted"}),
        ({"server": "laptop"}, {"training-hardware-unusual"}),
        ({"server": "half"}, set()),
        ({"devices": 1000, "used": 1000}, set()),
        ({"devices": 1001, "used": 1001}, {"training-scale-unmeasured"}),
        ({"precision": "fp4"}, {"training-precision-unfitted"}),  # Measured on another generation.
        ({"precision": "int8"}, {"training-precision-unfitted"}),
        ({"precision": "fp4", "generation": "one"}, {"training-hardware-unfitted"}),
        ({"precision": "fp8"}, set()),  # Nobody doubts fp8.
        # One of a hundred idle is not worth a word, nor are ten of a thousand; a batch is off by a tenth at most.
        ({"used": 99}, set()),
        ({"used": 98}, {"training-devices-unused"}),
        ({"devices": 1000, "used": 990}, set()),
        ({"tokens": 87.9e6}, set()),
        ({"tokens": 88.1e6}, {"training-batch-rounded"}),
        ({"tokens": 72.1e6}, set()),
        ({"tokens": 71.9e6}, {"training-batch-rounded"}),
        # Runs of ten days fill the year 36.5 times.
        ({"runs_per_year": 36.49}, set()),
        ({"runs_per_year": 36.51}, {"training-longer-than-year"}),
    ],
)  # fmt: skip
def test_what_is_doubtful_of_a_run(warned: Warned, changes: dict[str, object], told: set[str]) -> None:
    assert warned(**changes) == told


def test_the_year_has_365_days() -> None:
    assert training.DAYS_PER_YEAR == 365.0
    assert np.isclose(training_run.SECONDS_PER_DAY, 86_400.0)
