"""A model's description as text and as the dict of `--json`.

In: a `ModelDescription`. Out: text of about one screen; a dict with figures in the shape of plan.json.
Leaves out: charts (report).
"""

from __future__ import annotations

import math

from wattscale.figure import PlanWarning
from wattscale.workload.describe import ModelDescription

PART_WORDS = {
    "embedding": "embedding tables",
    "head": "output head",
    "attention": "attention, state layers",
    "dense": "dense and shared feed-forward",
    "router": "routers",
    "experts": "routed experts",
    "other": "norms, small parts",
    "towers": "vision tower",
}
SHOWN_PRECISIONS = ("bf16", "fp8", "fp4")


def description_text(found: ModelDescription) -> str:
    """Lay a description out for people.

    Args:
        found: The description.

    Returns:
        Text of about one screen.
    """
    arch = found.architecture
    layers = ", ".join(f"{count} {kind}" for kind, count in found.mixing.items())
    experts = f"; {found.moe_layers} with routed experts" if found.moe_layers else ""
    lines = [
        f"{arch.name}: {short(found.params_total)} parameters, {short(found.params_active)} active per token "
        f"({short(found.params_active_bare)} without the embedding table)",
        f"{arch.layers} layers ({layers}{experts}), width {arch.d_model}, vocabulary {arch.vocab}, "
        f"context {arch.max_context or 'not stated'}",
        "",
        f"{'part':<32}{'parameters':>12}{'active':>12}{'share':>8}",
    ]
    for part, total, active in found.parameter_rows():
        share = total / found.params_total
        lines.append(f"{PART_WORDS[part]:<32}{short(total):>12}{short(active):>12}{share:>8.1%}")
    lines += ["", *_context_lines(found), "", *_memory_lines(found), *_quality_lines(found)]
    return "\n".join(lines)


def _context_lines(found: ModelDescription) -> list[str]:
    lines = [
        f"Work of one token: {short(found.matmul_flops, 'FLOP')} on weights, plus attention that grows with context:",
        f"{'context':>12}{'FLOP/token':>12}{'attention':>11}{'x2 length':>11}{'cache bf16':>12}",
    ]
    made_for = found.architecture.max_context or math.inf
    for cost in found.contexts:
        beyond = "  beyond its context" if cost.context > made_for else ""
        lines.append(
            f"{cost.context:>12,.0f}{short(cost.flops_per_token):>12}{cost.attention_share:>11.1%}"
            f"{cost.doubling_ratio:>10.2f}x{short(cost.cache_bytes, 'B'):>12}{beyond}"
        )
    cross = found.crossover_length
    if math.isfinite(cross):
        lines.append(f"Attention equals the rest at {cross:,.0f} tokens of context.")
    else:
        lines.append("Attention never equals the rest: its cost is bounded.")
    return lines


def _memory_lines(found: ModelDescription) -> list[str]:
    weights, cache = found.weight_bytes, found.kv_bytes_per_token
    shown = [
        f"{p}: {short(weights[p], 'B')} of weights, {short(cache[p], 'B')} of cache per token" for p in SHOWN_PRECISIONS
    ]
    return ["Memory:", *(f"  {line}" for line in shown)]


def _quality_lines(found: ModelDescription) -> list[str]:
    if not found.quality:
        return []
    lines = ["", "Pre-training loss by the Chinchilla law (nat per token; range of two published fits):"]
    for q in found.quality:
        lines.append(f"  {q.tokens / 1e12:.3g} trillion tokens: {q.loss[0]:.2f} ({q.loss[1]:.2f} to {q.loss[2]:.2f})")
    _, low, high = found.quality[0].optimal_tokens
    lines.append(f"  compute-optimal for this size: {low / 1e12:.3g} to {high / 1e12:.3g} trillion tokens")
    return lines + [f"  note: {w.message}" for w in _warnings(found)]


def _warnings(found: ModelDescription) -> tuple[PlanWarning, ...]:
    return tuple(dict.fromkeys(w for q in found.quality for w in q.warnings))


def short(value: float, unit: str = "") -> str:
    """Write a number with three digits, a prefix and a unit.

    >>> short(405.9e9), short(0.0, "B"), short(12.5e6, "B")
    ('406 G', '0 B', '12.5 MB')
    """
    power = max(0, min(9, math.floor(math.log10(abs(value)) / 3))) if value else 0
    scaled = value / 10 ** (3 * power)
    return f"{scaled:.3g} {('', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R')[power]}{unit}".rstrip()


def description_dict(found: ModelDescription) -> dict[str, object]:
    """Lay a description out for `--json`.

    Args:
        found: The description.

    Returns:
        `model`, `figures` in the shape of plan.json, `parameters`, `contexts`, `memory`, `quality`, `warnings`.
    """
    figures = {
        "workload.params_total": (found.params_total, "1"),
        "workload.params_active": (found.params_active, "1"),
        "workload.params_active_without_embedding": (found.params_active_bare, "1"),
        "workload.flops_per_token": (found.contexts[0].flops_per_token, "FLOP/token"),
        "workload.kv_bytes_per_token": (found.kv_bytes_per_token["bf16"], "B/token"),
        "workload.attention_share": (found.contexts[0].attention_share, "1"),
    }
    if math.isfinite(found.crossover_length):
        figures["workload.crossover_length_tokens"] = (found.crossover_length, "token")
    return {
        "model": found.architecture.name,
        "layers": dict(found.mixing),
        "moe_layers": found.moe_layers,
        "figures": {name: {"value": value, "unit": unit} for name, (value, unit) in figures.items()},
        "parameters": {part: {"total": total, "active": active} for part, total, active in found.parameter_rows()},
        "contexts": [vars(cost) for cost in found.contexts],
        "memory": {
            precision: {"weight_bytes": size, "kv_bytes_per_token": found.kv_bytes_per_token[precision]}
            for precision, size in found.weight_bytes.items()
        },
        "quality": [
            {"tokens": q.tokens, "loss": q.loss[0], "low": q.loss[1], "high": q.loss[2]} for q in found.quality
        ],
        "warnings": [{"code": w.code, "message": w.message} for w in _warnings(found)],
    }
