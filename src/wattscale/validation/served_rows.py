"""Rows of serving measurements as replicas of the serving model, all predicted in one call.

In: model, accelerator, layout, precision, batch and lengths of each row. Out: step times, utilisations and power of
every row as arrays, so that a file of thousands of rows takes seconds and a fit can vary the coefficients.
Leaves out: reading the cells of a kind (inference, throughput, serving) and fitting (serving_fit).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.power import PowerCoefficients, device_share, load_power_coefficients
from wattscale.compute.power_limit import rates_of
from wattscale.compute.roofline import (
    UTILISATIONS,
    DeviceRates,
    RateCoefficients,
    Step,
    StepWork,
    device_rates,
    mean_step,
    stack_rates,
    step_time,
)
from wattscale.compute.serving_cycle import mixed_steps
from wattscale.compute.serving_work import Formats, Layout, step_work
from wattscale.units import FloatArray
from wattscale.workload.architecture import Architecture
from wattscale.workload.resolve import architecture_for

Row = Mapping[str, str]


@dataclass(frozen=True)
class ServedRow:
    """One measured point as the model sees it.

    Attributes:
        row: Index in the file.
        arch, accelerator, layout, formats, engine: What runs on what.
        sequences: Running sequences of the replica [1].
        input_tokens, output_tokens: Mean lengths [token].
        prefill_layout: Layout of workers that compute input tokens apart; None where one engine does both.
    """

    row: int
    arch: Architecture
    accelerator: Accelerator
    layout: Layout
    formats: Formats
    engine: str
    sequences: float
    input_tokens: float
    output_tokens: float
    prefill_layout: Layout | None = None


@dataclass(frozen=True)
class RowBatch:
    """The work of many rows, arrays of shape (rows,).

    Attributes:
        rows: The rows.
        decode, mixed: Work of a step that only decodes, and of one with input tokens.
        prompt: Work of the step in which a request of the row has its own input tokens computed.
        mixed_share: Share of the steps with input tokens [1].
        device: Peaks.
        tdp_w: Design power of a device [W].
    """

    rows: tuple[ServedRow, ...]
    decode: StepWork
    mixed: StepWork
    prompt: StepWork
    mixed_share: FloatArray
    device: DeviceRates
    tdp_w: FloatArray


@dataclass(frozen=True)
class RowSteps:
    """Steps of many rows, arrays of shape (rows,)."""

    mean: Step
    decode: Step
    prompt: Step


def cell(row: Row, column: str, default: float | None = None) -> float | None:
    """Give a cell as a number; the default where it is empty, zero or no number.

    >>> cell({"tp": "8"}, "tp"), cell({"tp": ""}, "tp", 1.0)
    (8.0, 1.0)
    """
    try:
        return float(row.get(column, "")) or default
    except ValueError:
        return default


class Models:
    """Architectures of the models named in a file, each built once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[tuple[str, float | None, float | None, str], Architecture] = {}

    def find(
        self, name: str, total_b: float | None = None, active_b: float | None = None, kind: str = ""
    ) -> Architecture:
        """Find a model by name, or build the archetype of its sizes.

        Args:
            name: Name as in the file.
            total_b: Total parameters [1e9].
            active_b: Parameters active per token [1e9].
            kind: Words for the kind.

        Raises:
            InputError: Unknown name and no sizes.
        """
        key = (name, total_b, active_b, kind)
        if key not in self._known:
            self._known[key] = architecture_for(self._catalog, name, total_b, active_b, kind)[0]
        return self._known[key]


def precision_word(text: str, default: str = "bf16") -> str:
    """Find the precision in the words of a file.

    >>> precision_word("fp8 (assumed)"), precision_word("nvfp4"), precision_word("UINT4"), precision_word("")
    ('fp8', 'fp4', 'int4', 'bf16')
    """
    words = text.lower()
    for word in ("fp4", "int4", "fp8", "int8", "fp32"):
        if word in words:
            return word
    return default


def batch_rows(rows: Sequence[ServedRow], catalog: Catalog) -> RowBatch:
    """Compose the work of every row.

    Args:
        rows: Rows.
        catalog: The catalogue.

    Returns:
        Work as arrays.
    """
    chunk = catalog.value("serving_coefficients", "engine.chunk_tokens")
    skew = catalog.value("serving_coefficients", "engine.expert_skew")
    group_wait = catalog.value("serving_coefficients", "engine.group_wait")
    works: list[tuple[StepWork, StepWork, StepWork]] = []
    shares: list[float] = []
    devices: list[DeviceRates] = []
    for r in rows:
        b, zero = np.array([r.sequences]), np.zeros(1)
        share, tokens = mixed_steps(b / r.layout.pipeline_parallel, r.input_tokens, r.output_tokens, chunk)
        context = np.array([r.input_tokens + r.output_tokens / 2.0])
        own = min(r.input_tokens, chunk)

        apart = r.prefill_layout is not None
        first = r.prefill_layout or r.layout
        common = (context, r.input_tokens, skew, group_wait)
        decode = _work(r, r.layout, b, 0.0, *common)
        mixed = decode if apart else _work(r, r.layout, b, float(tokens[0]), *common)
        prompt = _work(r, first, zero if apart else b, own, *common)
        works.append((decode, mixed, prompt))
        shares.append(0.0 if apart else float(share[0]))
        devices.append(device_rates(r.accelerator, r.formats.compute, r.formats.expert_compute))
    decode, mixed, prompt = (_stack_work([w[i] for w in works]) for i in range(3))
    return RowBatch(
        rows=tuple(rows),
        decode=decode,
        mixed=mixed,
        prompt=prompt,
        mixed_share=np.array(shares),
        device=_stack_device(devices),
        tdp_w=np.array([r.accelerator.tdp_w for r in rows]),
    )


def _work(
    r: ServedRow,
    layout: Layout,
    sequences: FloatArray,
    prefill: float,
    context: FloatArray,
    prompt: float,
    skew: float,
    group_wait: float,
) -> StepWork:
    stages = layout.pipeline_parallel
    return step_work(r.arch, layout, r.formats, sequences, context, prefill * stages, prompt, skew, group_wait)


def _stack_work(works: Sequence[StepWork]) -> StepWork:
    names = [f.name for f in fields(StepWork)]
    return StepWork(**{n: np.array([float(np.ravel(getattr(w, n))[0]) for w in works]) for n in names})


def _stack_device(devices: Sequence[DeviceRates]) -> DeviceRates:
    names = [f.name for f in fields(DeviceRates)]
    return DeviceRates(**{n: np.array([float(getattr(d, n)) for d in devices]) for n in names})


def row_rates(rows: Sequence[ServedRow], catalog: Catalog) -> RateCoefficients:
    """Read the coefficients of every row, arrays of shape (rows,)."""
    known: dict[tuple[str, str], RateCoefficients] = {}
    for r in rows:
        key = (r.accelerator.name, r.engine)
        if key not in known:
            known[key] = rates_of(catalog, r.accelerator, r.engine)
    return stack_rates([known[(r.accelerator.name, r.engine)] for r in rows])


def row_steps(batch: RowBatch, rates: RateCoefficients) -> RowSteps:
    """Predict the steps of every row.

    Args:
        batch: Work of the rows.
        rates: Coefficients of the rows.

    Returns:
        Steps as arrays.
    """
    decode = step_time(batch.decode, batch.device, rates)
    mixed = step_time(batch.mixed, batch.device, rates)
    prompt = step_time(batch.prompt, batch.device, rates)
    return RowSteps(mean_step(decode, mixed, batch.mixed_share), decode, prompt)


def row_power(batch: RowBatch, steps: RowSteps, catalog: Catalog, caps: FloatArray | float = 1.0) -> FloatArray:
    """Predict the mean power of one device of every row.

    Args:
        batch: Work of the rows.
        steps: Their steps.
        catalog: The catalogue.
        caps: Power limit over the design power [1].

    Returns:
        Power [W], shape (rows,).
    """
    known: dict[str, PowerCoefficients] = {}
    share = np.zeros(len(batch.rows))
    for r in batch.rows:
        generation = r.accelerator.generation
        if generation not in known:
            known[generation] = load_power_coefficients(catalog, r.accelerator)
    for generation, coefficients in known.items():
        for precision in {r.formats.compute for r in batch.rows if r.accelerator.generation == generation}:
            chosen = np.array(
                [r.accelerator.generation == generation and r.formats.compute == precision for r in batch.rows]
            )
            use = {n: np.asarray(getattr(steps.mean, n))[chosen] for n in UTILISATIONS}
            found = device_share(**use, precision=precision, coefficients=coefficients)
            share[chosen] = np.minimum(found, coefficients.top)
    return batch.tdp_w * np.minimum(share, caps)
