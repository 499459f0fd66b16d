"""A warning where narrower weights take more devices than wider ones, with the reason.

In: a fleet planned in the precision asked for, and a way to plan it in another. Out: a warning or none.
Leaves out: the choice itself; the precision that was asked for is the one that is planned.
"""

from __future__ import annotations

from collections.abc import Callable

from wattscale.compute.accelerators import BYTES_PER_ELEMENT, Accelerator
from wattscale.compute.replica import multiplies
from wattscale.compute.serving_work import Formats
from wattscale.errors import InfeasibleError
from wattscale.figure import PlanWarning

NOTICED_SHARE = 0.01
"""Devices that a plan may have above another without a word [1]."""


def wider_precision(accelerator: Accelerator, precision: str) -> str | None:
    """Name the next wider precision that a device multiplies in, the fastest of several; None where there is none.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> wider_precision(load_accelerator(load_catalog(), "H100"), "int4")
    'fp8'
    """
    wider = [
        p
        for p in accelerator.peak_flops
        if BYTES_PER_ELEMENT[p] > BYTES_PER_ELEMENT[precision] and multiplies(accelerator, p)
    ]
    if not wider:
        return None
    return min(wider, key=lambda p: (BYTES_PER_ELEMENT[p], -accelerator.peak_flops[p]))


def narrower_costs_more(
    accelerator: Accelerator,
    precision: str,
    formats: Formats,
    devices: int,
    devices_in: Callable[[str], int],
) -> tuple[PlanWarning, ...]:
    """Warn where the precision asked for takes more devices than the one above it.

    Only weights that are not multiplied as stored can: they save memory and reading, not work.

    Args:
        accelerator: The device.
        precision: Precision asked for.
        formats: What it means on the device.
        devices: Devices that it takes [1].
        devices_in: Devices that another precision takes [1]; raises `InfeasibleError` where it does not fit.

    Returns:
        A warning `narrower-takes-more`, or none.
    """
    plain = formats.compute == precision and formats.expert_weights is None
    other = None if plain else wider_precision(accelerator, precision)
    if other is None:
        return ()
    try:
        there = devices_in(other)
    except InfeasibleError:
        return ()
    if devices <= there * (1.0 + NOTICED_SHARE):
        return ()
    return (PlanWarning("narrower-takes-more", _told(accelerator, precision, formats, devices, other, there)),)


def _told(accelerator: Accelerator, precision: str, formats: Formats, devices: int, other: str, there: int) -> str:
    peaks, used = accelerator.peak_flops, formats.compute
    ratio = peaks[used] / peaks[other]
    if formats.expert_weights is not None:
        where = f"all but the experts stays in {formats.weights}, and their products run in {formats.expert_compute}"
    else:
        where = f"products run in {used}"
    pace = f" at {ratio:.2g} of the rate of {other}" if ratio < 1.0 else ""
    unpacking = " and unpacking takes time" if formats.unpacked or formats.unpacked_experts else ""
    return (
        f"{precision} takes {devices:,} devices where {other} takes {there:,}: on {accelerator.name} {where}{pace}"
        f"{unpacking}. Narrow weights save memory, not work. For fewer devices set workload.serving.precision ="
        f' "{other}"; compute.activation_precision says what products run in.'
    )
