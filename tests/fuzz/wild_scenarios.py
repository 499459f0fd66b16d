"""Scenario files over the whole schema, drawn from a seed.

In: a seed, a kind and a number. Out: a `Case`: the bytes of a file and settings to lay over it.
Leaves out: running them (trial.py). A line holds one key, so that a failing file is made smaller by lines.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wild_values import STRANGE_TEXTS, Mood, literal, value_of

from wattscale.catalog import load_catalog
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import ScenarioField, fields_of

NETWORK = ("site.weather_service",)
"""Keys whose words ask the network."""
SMALL = {
    "workload.model": '"Llama-3.1-8B"',
    "workload.training.tokens": "1e11",
    "workload.training.devices": "64",
    "workload.serving.requests_per_day": "1e6",
    "compute.accelerator": '"H100-SXM5-80GB"',
    "supply.connection_mw": "5",
    "economics.risk_paths": "20",
}
"""A campus whose plan takes well below a second."""
SLOW = ("supply.verify", "supply.near_optimal_share", "economics.risk_paths", "supply.solver_iterations",
        "supply.unit_mw", "preset")  # fmt: skip
"""Keys that make a plan slow; rare in plans."""
STRICT = ("supply.clean_annual_share", "supply.carbon_cap_kg_per_mwh", "supply.cfe_hourly_share", "supply.energy_tiers",
          "workload.architecture.full_attention_every", "workload.serving.log", "site.weather", "impact.input_output",
          "workload.training.tensor_parallel", "workload.architecture.params_total_b")  # fmt: skip
"""Keys that refuse most values drawn; rare in plans."""
SOLVED = (
    "supply.flexible", "supply.ppas", "supply.export", "supply.tariff", "supply.energy_tiers", "supply.curtailment",
    "supply.demand_ratchet", "supply.import_ramp", "supply.cfe", "supply.clean", "supply.carbon_cap",
    "supply.own_technologies",
)  # fmt: skip
"""Beginnings of keys that take the optimiser where the grid alone has a closed form."""
OPTIMISED = ("solar", "wind", "battery", "gas-turbine", "gas-engine", "diesel", "fuel-cell", "long-duration-storage")
KINDS = ("files", "plans")


@dataclass(frozen=True)
class Case:
    """One file with the settings laid over it."""

    text: bytes
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = self.text.decode("utf-8", "backslashreplace")
        lines = [
            line if len(line) < 400 else f"{line[:200]} ... ({len(line)} characters)" for line in shown.splitlines()
        ]
        return "\n".join([*lines, *(f"--set {s}" if len(s) < 400 else f"--set {s[:200]} ..." for s in self.settings)])


def case(seed: int, kind: str, number: int, without: frozenset[str] = frozenset()) -> Case:
    """Draw a case; the same seed, kind and number always give the same one."""
    rng = random.Random(f"{seed} {kind} {number}")
    return _plan_case(rng, without) if kind == "plans" else _file_case(rng, without)


@cache
def all_fields() -> tuple[ScenarioField, ...]:
    return tuple(f for f in fields_of(Scenario) if f.key not in (*NETWORK, "catalog", "name"))


def _file_case(rng: random.Random, without: frozenset[str]) -> Case:
    moods: tuple[Mood, ...] = rng.choice((("allowed",), ("edge",), ("edge", "allowed", "beyond"), ("allowed", "wrong")))
    lines = {f.key: value_of(f, rng, rng.choice(moods)) for f in _some(rng, all_fields(), 10)}
    lines["name"] = literal(rng.choice(STRANGE_TEXTS)) if rng.random() < 0.2 else '"Drawn"'
    if "catalog" not in without and rng.random() < 0.2:
        lines |= _overrides(rng, wild=True)
    settings = _settings(rng, moods) if rng.random() < 0.2 else ()
    text = _written(rng, lines)
    return Case(rng.choice(DAMAGES)(text, rng) if rng.random() < 0.15 else text, settings)


def _plan_case(rng: random.Random, without: frozenset[str]) -> Case:
    lines = {"name": '"Drawn plan"', **SMALL}
    usual = [f for f in all_fields() if f.key not in SLOW or rng.random() < 0.03]
    if "optimised" in without:
        usual = [f for f in usual if not f.key.startswith(SOLVED) and f.key not in SLOW]
    for field in _some(rng, usual, 12):
        mood: Mood = rng.choices(("usual", "allowed", "edge", "beyond"), (50, 30, 18, 1))[0]
        lines[field.key] = value_of(field, rng, mood)
    if rng.random() < 0.8:
        lines = {key: value for key, value in lines.items() if key not in STRICT}
    if "site.prices" in lines or "site.carbon" in lines:
        lines |= {key: f'"{key[5:]}.csv"' for key in ("site.prices", "site.carbon") if key in lines}
    if "workload.training.days" in lines and rng.random() < 0.9:
        lines.pop("workload.training.devices")
    if "site.latitude" in lines or "site.longitude" in lines:
        lines |= {"site.latitude": str(rng.uniform(-60, 70)), "site.longitude": str(rng.uniform(-180, 180))}
    lines["supply.technologies"] = literal(["grid"] if "optimised" in without else _technologies(rng))
    if "catalog" not in without and rng.random() < 0.15:
        lines |= _overrides(rng, wild=False)
    return Case(_written(rng, lines))


def _technologies(rng: random.Random) -> list[str]:
    if rng.random() < 0.7:
        return ["grid"]
    return [*(["grid"] if rng.random() < 0.85 else []), *rng.sample(OPTIMISED, rng.randint(1, 4))]


def _some(
    rng: random.Random, fields: tuple[ScenarioField, ...] | list[ScenarioField], most: int
) -> list[ScenarioField]:
    return rng.sample(fields, rng.randint(0, most))


@cache
def _figure_ids() -> tuple[str, ...]:
    return tuple(load_catalog().ids())


def _overrides(rng: random.Random, wild: bool) -> dict[str, str]:
    values = (0.0, -1.0, 1e300, -1e9, 1e-300, 0.5, 1.0, 3.0) if wild else (0.0, 0.5, 1.0, 3.0, 100.0, -1.0)
    keys = rng.sample(_figure_ids(), rng.randint(1, 3))
    return {f"catalog.{literal(key)}": literal(rng.choice(values)) for key in keys}


def _settings(rng: random.Random, moods: tuple[Mood, ...]) -> tuple[str, ...]:
    made = [f"{f.key}={value_of(f, rng, rng.choice(moods))}" for f in _some(rng, all_fields(), 3)]
    broken = ("supply", "=3", "a..b=3", "supply.land_ha", '"supply.land_ha"=3', "supply.land_ha=", " = ", "catalog.x=1")
    return (*made, rng.choice(broken)) if rng.random() < 0.2 else tuple(made)


def _written(rng: random.Random, lines: dict[str, str]) -> bytes:
    """Write dotted keys, or tables under headers; both are the same scenario."""
    if rng.random() < 0.6:
        return ("".join(f"{key} = {value}\n" for key, value in lines.items())).encode()
    tables: dict[str, list[str]] = {}
    for key, value in lines.items():
        head, quote, own = key.partition('."') if key.startswith("catalog") else (key.rpartition(".")[0], "", key)
        tables.setdefault(head, []).append(f"{quote[1:] + own if quote else key.rpartition('.')[2]} = {value}")
    order = sorted(tables, key=lambda head: (bool(head), head))
    return "".join((f"[{head}]\n" if head else "") + "\n".join(tables[head]) + "\n" for head in order).encode()


def _cut(text: bytes, rng: random.Random) -> bytes:
    return text[: rng.randrange(len(text) + 1)]


def _flipped(text: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]


def _twice(text: bytes, rng: random.Random) -> bytes:
    return text + rng.choice(text.splitlines() or [b""]) + b"\n"


def _unknown(text: bytes, rng: random.Random) -> bytes:
    key = rng.choice(all_fields()).key
    at = rng.randrange(len(key))
    return b"%s = 1\n" % rng.choice((key[:at] + key[at + 1 :], key + "x", "supply", key.upper())).encode() + text


def _deep(text: bytes, rng: random.Random) -> bytes:
    deep = rng.choice((50, 500, 3_000))
    head = rng.choice(("supply.ppas = ", "x = ", "catalog = ", "supply.max_capacity_mw = "))
    shape = rng.choice(("[", "{ a = "))
    return f"{head}{shape * deep}1{(']' if shape == '[' else ' }') * deep}\n".encode() + text


def _dotted(text: bytes, rng: random.Random) -> bytes:
    return b".".join([b"a"] * rng.choice((30, 300, 3_000))) + b" = 1\n" + text


def _encoded(text: bytes, rng: random.Random) -> bytes:
    return text.decode().encode(rng.choice(("utf-16", "utf-8-sig", "utf-32")), "replace")


def _nothing(text: bytes, rng: random.Random) -> bytes:
    return rng.choice(
        (b"", b"\n", b"\x00", b"\xff\xfe", b"# only a comment", b"name", b"[", b'name = "\\ud800"', b"= 1")
    )


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _flipped, _twice, _unknown, _deep, _dotted, _encoded, _nothing,
)  # fmt: skip


def lay_files(folder: Path) -> None:
    """Lay the files that scenarios name: right ones, one too short, an empty one and one that is no table."""
    rows = [f"2023-{_stamp(hour)}" for hour in range(8760)]
    prices = [f"{row},{40 + 30 * ((hour % 24) - 12) / 12:.2f}" for hour, row in enumerate(rows)]
    carbon = [f"{row},{300 + hour % 24},{350 + hour % 24}" for hour, row in enumerate(rows)]
    (folder / "prices.csv").write_text("time_utc,price_usd_per_mwh\n" + "\n".join(prices) + "\n")
    (folder / "short.csv").write_text("time_utc,price_usd_per_mwh\n" + "\n".join(prices[:100]) + "\n")
    head = "time_utc,ci_direct_g_per_kwh,ci_lifecycle_g_per_kwh\n"
    (folder / "carbon.csv").write_text(head + "\n".join(carbon) + "\n")
    (folder / "empty.csv").write_text("")
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 40)


def _stamp(hour: int) -> str:
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    day, month = hour // 24, 0
    while day >= lengths[month]:
        day -= lengths[month]
        month += 1
    return f"{month + 1:02d}-{day + 1:02d}T{hour % 24:02d}:00:00Z"
