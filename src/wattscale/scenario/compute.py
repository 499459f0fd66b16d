"""Scenario table `compute`: on which machines."""

from __future__ import annotations

from wattscale.scenario.quantity import TableModel, choice, quantity


class ComputeTable(TableModel):
    """Table `compute`."""

    accelerator: str = choice("H100-SXM5-80GB", "Accelerator, a name of the catalogue")
    training_accelerator: str | None = choice(None, "Another accelerator for training")
    serving_accelerator: str | None = choice(None, "Another accelerator for serving")
    power_cap_share: float = quantity(
        1.0, "1", "Power limit of a device over its design power", "scenario", ge=0.3, le=1
    )
    inter_node_gbytes_per_s: float = quantity(
        50.0, "GB/s", "Network bandwidth of one device between scale-up domains, one direction",
        "one 400 Gb/s adapter per device, usual for H100 clusters (Meta, Llama 3 report 2024)",
        confidence="published", gt=0, le=100_000,
    )  # fmt: skip
    spare_share: float = quantity(
        0.02,
        "1",
        "Devices held as spares",
        "estimate; hot spares of large training clusters are 1-3 %",
        ge=0,
        le=1,
    )
