"""One accelerator as the compute stage sees it, read from the catalogue.

In: a name or alias. Out: `Accelerator` with peaks by precision, memory, links and power in base units.
Leaves out: efficiencies; they are coefficients of roofline.py and power.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.errors import InputError

PEAK_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "fp32": ("fp32_tflops",),
    "tf32": ("tf32_tflops",),
    "bf16": ("bf16_tflops",),
    "fp16": ("bf16_tflops",),
    "fp8": ("fp8_tflops",),
    "int8": ("int8_tops",),
    "fp4": ("fp4_tflops",),
    "int4": ("fp4_tflops",),
}
"""Catalogue columns that hold the peak of a precision, first one given wins."""

NEEDED = ("memory_gb", "memory_tb_per_s", "tdp_w")
"""Columns without which nothing can be planned on a device."""

BYTES_PER_ELEMENT: Mapping[str, float] = {
    "fp32": 4.0, "tf32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5, "int4": 0.5,
}  # fmt: skip
"""Storage of one element, block scales left out [byte]."""

FLOATING = ("fp32", "tf32", "bf16", "fp16", "fp8", "fp4")
"""Floating-point formats, in which models are trained wherever a device multiplies in them; all others are integer."""


def nearest_precision(precision: str, known: Sequence[str]) -> str:
    """Name the known precision nearest in width, the wider of two; one of the same family where several are.

    Args:
        precision: A precision.
        known: Precisions to choose from, at least one.

    Returns:
        One of `known`.

    >>> nearest_precision("int8", ["fp32", "bf16", "fp8"])
    'fp8'
    """
    bits = BYTES_PER_ELEMENT[precision]

    def distance(other: str) -> tuple[float, float, bool]:
        steps = abs(math.log2(BYTES_PER_ELEMENT[other] / bits))
        return steps, -BYTES_PER_ELEMENT[other], (other in FLOATING) != (precision in FLOATING)

    return min(known, key=distance)


@dataclass(frozen=True)
class Accelerator:
    """One device.

    Attributes:
        name: Name in the catalogue.
        peak_flops: Dense peak by precision [FLOP/s]; only what the device has.
        memory_bytes: Memory [byte].
        memory_bytes_per_s: Memory bandwidth [byte/s].
        link_bytes_per_s: Scale-up link, one direction [byte/s]; 0 where there is none.
        domain_devices: Devices of a scale-up domain [1].
        tdp_w: Design power [W].
        all_in_power_w: With its share of host, network and cooling overhead [W]; None where unknown.
        release_year: Year of general availability.
        kind: gpu, tpu, asic, wafer, edge, neuromorphic.
        vendor: Maker.
        generation: Hardware generation, which has its own coefficients.
        server: Class of the server it sits in, item of the table `servers`.
        training_formats: Precisions in which models are trained on it.
    """

    name: str
    peak_flops: Mapping[str, float]
    memory_bytes: float
    memory_bytes_per_s: float
    link_bytes_per_s: float
    domain_devices: int
    tdp_w: float
    all_in_power_w: float | None
    release_year: int
    kind: str
    vendor: str
    generation: str = "default"
    server: str = "pcie"
    training_formats: tuple[str, ...] = FLOATING

    @property
    def half_flops(self) -> float | None:
        """Dense peak in a 16-bit format [FLOP/s]; None where the device has none."""
        return self.peak_flops.get("bf16", self.peak_flops.get("fp16"))

    def check_training(self, precision: str, where: str = "precision") -> None:
        """Refuse a precision in which no model is trained on the device.

        Raises:
            InputError: Names the precisions that are, and the nearest.
        """
        if precision in self.training_formats:
            return
        has = "multiplies in it, but trains" if precision in self.peak_flops else "trains"
        words = ", ".join(self.training_formats)
        raise InputError(
            f"{self.name} {has} in {words or 'no format'} only",
            where=where,
            value=precision,
            allowed=words or "none; the device serves only",
            hint=self._nearest(precision, self.training_formats),
        )

    def _nearest(self, precision: str, known: Sequence[str]) -> str:
        if precision not in BYTES_PER_ELEMENT or not known:
            return "Choose another compute.accelerator"
        return f"Nearest: {nearest_precision(precision, known)}"

    def peak(self, precision: str, where: str = "precision") -> float:
        """Give the dense peak of a precision [FLOP/s].

        Raises:
            InputError: The device has no such precision; lists those it has.
        """
        found = self.peak_flops.get(precision)
        if found is None:
            raise InputError(
                f"{self.name} has no {precision} arithmetic",
                where=where,
                value=precision,
                allowed=", ".join(self.peak_flops),
                hint=self._nearest(precision, tuple(self.peak_flops)),
            )
        return found


def load_accelerator(catalog: Catalog, name: str, where: str = "compute.accelerator") -> Accelerator:
    """Read one accelerator from the catalogue.

    Args:
        catalog: The catalogue.
        name: Name or alias.
        where: Scenario field the name came from, for messages.

    Raises:
        InputError: Unknown name, or no power, memory or peak known for it.

    >>> from wattscale.catalog import load_catalog
    >>> load_accelerator(load_catalog(), "H100").tdp_w
    700.0
    """
    row = catalog.row("accelerators", name, where)
    missing = [column for column in NEEDED if not row.has(column)]
    if missing:
        what = " and ".join(missing)
        raise InputError(
            f"cannot be planned: no {what} is known for this {row.text('kind')} part"
            + (", whose operations are not those of matrix products" if "neuromorphic" in row.text("kind") else ""),
            where=where,
            value=row.name,
            hint=f'Choose another, or give what is missing: [catalog] "accelerators/{row.name}.{missing[0]}" = ...',
        )
    peaks: dict[str, float] = {}
    lacks = row.text("lacks").split(";")
    for precision, columns in PEAK_COLUMNS.items():
        for column in columns:
            if row.has(column) and precision not in lacks:
                peaks[precision] = row.number(column) * 1e12
                break
    trained = row.text("trains_in").split(";") if row.text("trains_in") else FLOATING
    return Accelerator(
        name=row.name,
        peak_flops=peaks,
        memory_bytes=row.number("memory_gb") * 1e9,
        memory_bytes_per_s=row.number("memory_tb_per_s") * 1e12,
        link_bytes_per_s=row.number("link_gb_per_s", 0.0) * 1e9,
        domain_devices=max(1, int(row.number("link_domain_devices", 1.0))),
        tdp_w=row.number("tdp_w"),
        all_in_power_w=row.number("all_in_power_w") if row.has("all_in_power_w") else None,
        release_year=int(row.number("release_year", 0.0)),
        kind=row.text("kind"),
        vendor=row.text("vendor"),
        generation=row.text("generation") or "default",
        server=row.text("server") or "pcie",
        training_formats=tuple(p for p in trained if p in peaks),
    )
