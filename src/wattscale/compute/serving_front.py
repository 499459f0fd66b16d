"""Choices of a serving replica: cost, energy and interactivity of every layout and batch that no other beats.

In: an architecture, device and coefficients, layouts, the mean request, a price of a device-hour. Out: `FrontPoint`s.
Leaves out: the limit on time per token, which is an axis here, and idle devices of a fleet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from wattscale.compute.replica import replica_curves
from wattscale.compute.result import FrontPoint
from wattscale.compute.serving import ReplicaCurve
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.units import SECONDS_PER_HOUR, FloatArray
from wattscale.workload.architecture import Architecture

TOKENS_PER_MTOK = 1e6
"""Tokens of a million [token]."""
MOST_POINTS = 40
"""Points kept of a front, spread evenly over the logarithm of interactivity."""


def layout_words(curve: ReplicaCurve) -> str:
    """Say in short how a replica is spread.

    Args:
        curve: A replica.

    Returns:
        Words such as `TP8`, `TP2 x PP4`, `DP8+EP8`, `2 x TP4 + 1 x TP8 for input`.

    Source: usual short names of serving engines.
    """
    words = _short(curve.layout)
    if curve.input_layout is None:
        return words
    return f"{curve.engines} x {words} + {curve.input_engines} x {_short(curve.input_layout)} for input"


def _short(layout: Layout) -> str:
    parts = [
        f"{name}{n}"
        for name, n in (
            ("DP", layout.attention_data_parallel),
            ("TP", layout.tensor_parallel),
            ("PP", layout.pipeline_parallel),
        )
        if n > 1
    ]
    experts = f"+EP{layout.expert_parallel}" if layout.expert_parallel > 1 else ""
    return (" x ".join(parts) or "TP1") + experts


def not_beaten(costs: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which points no other point beats or equals in all columns and beats in one.

    Args:
        costs: Smaller is better, shape (points, columns).

    Returns:
        Mask, shape (points,).

    Source: Pareto dominance.

    >>> not_beaten(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0]])).tolist()
    [True, True, False]
    """
    left = np.argsort(costs.sum(axis=1), kind="stable")
    kept = np.zeros(len(costs), dtype=bool)
    while left.size:
        best = costs[left[0]]
        kept[left[0]] = True
        beaten = (best <= costs[left]).all(axis=1) & (best < costs[left]).any(axis=1)
        left = left[1:][~beaten[1:]]
    return kept


def front_of(
    curves: Iterable[ReplicaCurve], request: Request, usd_per_device_h: float | None
) -> tuple[FrontPoint, ...]:
    """List the batches of some replicas that no other beats.

    $/Mtok = price x devices / (3.6e-3 x token/s); J/token = devices x power / (token/s)

    Args:
        curves: Replicas over their batch.
        request: Mean request; its limit on time to first token holds, that on time per token is an axis.
        usd_per_device_h: Price of a device-hour [USD/h]; None leaves out the money.

    Returns:
        Points from the most interactive to the cheapest, at most `MOST_POINTS`.

    Source: definition; axes as in the InferenceX benchmark (SemiAnalysis 2026).
    """
    rows: list[tuple[float, float, float]] = []
    found: list[tuple[ReplicaCurve, int]] = []
    for curve in curves:
        each = curve.devices / curve.requests_per_s  # device-seconds of a request; all have the same tokens
        for i in np.flatnonzero(curve.ttft_s <= request.ttft_s):
            rows.append((float(curve.tpot_s[i]), float(each[i]), float(curve.device_power_w[i] * each[i])))
            found.append((curve, int(i)))
    if not rows:
        return ()
    costs = np.array(rows)
    kept = np.flatnonzero(not_beaten(costs))
    kept = kept[np.argsort(costs[kept, 0])]
    marks = np.geomspace(costs[kept[0], 0], costs[kept[-1], 0], MOST_POINTS)
    nearest = {int(np.argmin(np.abs(np.log(costs[kept, 0] / m)))) for m in marks}
    return tuple(_point(found[kept[i]], request, usd_per_device_h) for i in sorted(nearest))


def _point(choice: tuple[ReplicaCurve, int], request: Request, usd_per_device_h: float | None) -> FrontPoint:
    curve, i = choice
    speed = float(curve.requests_per_s[i]) * request.output_tokens / curve.devices
    hours = TOKENS_PER_MTOK / (speed * SECONDS_PER_HOUR)
    return FrontPoint(
        layout=layout_words(curve),
        devices=curve.devices,
        batch=float(curve.sequences[i]),
        interactivity_tokens_per_s=1.0 / float(curve.tpot_s[i]),
        ttft_s=float(curve.ttft_s[i]),
        tokens_per_s_per_device=speed,
        joules_per_output_token=float(curve.device_power_w[i]) / speed,
        device_h_per_mtok=hours,
        usd_per_mtok=None if usd_per_device_h is None else hours * usd_per_device_h,
    )


def pareto_front(
    arch: Architecture,
    setting: Setting,
    formats: Formats,
    request: Request,
    layouts: Sequence[Layout],
    usd_per_device_h: float | None = None,
) -> tuple[FrontPoint, ...]:
    """Find the layouts and batches that no other beats in $/Mtok, J/token and interactivity.

    Args:
        arch: The model.
        setting: Device and coefficients.
        formats: Precisions.
        request: Mean request; its limit on time to first token holds.
        layouts: Ways to spread the model; input tokens computed along and apart are both tried.
        usd_per_device_h: Price of a device-hour [USD/h].

    Returns:
        Points from the most interactive to the cheapest.

    Source: as `front_of`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> from wattscale.compute.serving_setting import load_setting
    >>> from wattscale.workload.models import named_architecture
    >>> catalog = load_catalog()
    >>> setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    >>> request = Request(1000.0, 250.0, 0.0, 2.0, 0.1, 0.9)
    >>> points = pareto_front(named_architecture(catalog, "Llama-3.1-8B"), setting, Formats(), request, [Layout()], 2.0)
    >>> points[0].interactivity_tokens_per_s > points[-1].interactivity_tokens_per_s
    True
    >>> points[0].usd_per_mtok > points[-1].usd_per_mtok
    True
    """
    return front_of(replica_curves(arch, setting, formats, request, layouts), request, usd_per_device_h)


def front_table(points: Sequence[FrontPoint]) -> str:
    """Write a front as a table for people.

    Args:
        points: See `pareto_front`.

    Returns:
        Lines of text, the first one the head.

    Source: none needed.

    >>> print(front_table([FrontPoint("TP1", 1, 8.0, 100.0, 0.2, 800.0, 0.5, 0.347, 0.69)]))
    layout  devices  batch  token/s per user  TTFT s  token/s per device  J/token  device-h/Mtok  $/Mtok
    TP1           1      8               100     0.2                 800      0.5          0.347    0.69
    """
    head = ("layout", "devices", "batch", "token/s per user", "TTFT s", "token/s per device", "J/token")
    names = (*head, "device-h/Mtok", "$/Mtok")
    rows: list[tuple[str, ...]] = [names]
    for p in points:
        numbers = (p.batch, p.interactivity_tokens_per_s, p.ttft_s, p.tokens_per_s_per_device)
        costs = (p.joules_per_output_token, p.device_h_per_mtok, p.usd_per_mtok)
        rows.append((p.layout, str(p.devices), *("-" if v is None else f"{v:.3g}" for v in (*numbers, *costs))))
    widths = [max(len(r[i]) for r in rows) for i in range(len(names))]
    return "\n".join(
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True)))
        for r in rows
    )
