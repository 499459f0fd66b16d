"""Fit depth and width against size for table `archetypes` to the catalogued models.

Run: python benchmarks/fit_archetypes.py
Prints the rows of `src/wattscale/catalog/archetypes.csv`: layers or d_model = level x (parameters / 1e9) ^ power;
parameters are the total of dense models and the active ones of models with routed experts; low and high are 90 %
bootstrap intervals over models.
"""

from __future__ import annotations

import numpy as np

from wattscale.catalog import load_catalog
from wattscale.workload.architecture import moe_layers, params_active, params_total
from wattscale.workload.models import architecture_of_row

DRAWS = 400


def points() -> dict[str, np.ndarray]:
    """Size, layers and width of decoders with attention in every layer, dense and routed."""
    found: dict[str, list[tuple[float, int, int]]] = {"dense": [], "moe": []}
    for row in load_catalog().rows("models"):
        arch = architecture_of_row(row)
        if arch.encoder or any(g.attention is None or g.attention.recurrent for g in arch.groups):
            continue
        kind = "moe" if moe_layers(arch) else "dense"
        size = params_active(arch) if kind == "moe" else params_total(arch)
        found[kind].append((size / 1e9, arch.layers, arch.d_model))
    return {kind: np.array(rows) for kind, rows in found.items()}


def power_law(size: np.ndarray, value: np.ndarray) -> tuple[float, float]:
    power, level = np.polyfit(np.log(size), np.log(value), 1)
    return float(np.exp(level)), float(power)


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    for kind, rows in points().items():
        for column, name in ((1, "layers"), (2, "d_model")):
            best = power_law(rows[:, 0], rows[:, column])
            picks = [rng.integers(0, len(rows), len(rows)) for _ in range(DRAWS)]
            draws = np.array([power_law(rows[p, 0], rows[p, column]) for p in picks])
            low, high = np.quantile(draws, [0.05, 0.95], axis=0)
            source = f"benchmarks/fit_archetypes.py on {len(rows)} models of table models"
            for i, part in enumerate(("level", "power")):
                values = f"{low[i]:.4g},{best[i]:.4g},{high[i]:.4g}"
                print(f"{kind},{name}_{part},1,{values},2026,{source},estimated,")
