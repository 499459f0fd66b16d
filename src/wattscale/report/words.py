"""Numbers and names in the words of people: three significant digits, units that fit, trade names spelt out.

In: a value with its unit as the stages write it. Out: text such as `$1.23 million` or `3.61 TWh`.
Leaves out: full precision, which stays in plan.json, hourly.csv and tables.xlsx.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

STAGES: dict[str, str] = {
    "workload": "What must be computed?",
    "compute": "On what, how long, at what power?",
    "site": "Where, and what is it like there?",
    "facility": "In what building?",
    "supply": "Powered by what?",
    "economics": "At what cost?",
    "impact": "With what effect?",
}
"""The stages in chain order, with the question each one answers."""

_LADDERS: dict[str, tuple[tuple[float, str], ...]] = {
    "MWh": ((1e6, "TWh"), (1e3, "GWh"), (1.0, "MWh"), (1e-3, "kWh")),
    "kWh": ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh")),
    "MW": ((1e3, "GW"), (1.0, "MW"), (1e-3, "kW")),
    "t": ((1e6, "Mt"), (1e3, "kt"), (1.0, "t"), (1e-3, "kg")),
    "W": ((1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "J": ((1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ")),
    "s": ((1.0, "s"), (1e-3, "ms")),
    "m3": ((1e6, "million m³"), (1.0, "m³")),
}
"""Factor and unit, largest first: the first one that leaves a number of at least 1 is used."""
_PLAIN_PERS = ("", "year", "month", "day")
"""Denominators beside which a numerator may change its unit: 1.5 TWh a year, but 1,500 kWh/m²."""
_WORDS = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))
_SPELT = {
    "m3": "m³",
    "1": "",
    "deg": "°",
    "degC": "°C",
    "C": "°C",
    "m2": "m²",
    "year": "years",
    "job_year": "job-years",
    "job-year": "job-years",
    "job": "jobs",
    "USD/Mtok": "per million tokens",
    "token": "tokens",
    "day": "days",
}
_MULTIPLES = {"1e6 ": 1e6, "1e9 ": 1e9}
_TAILS = {"": "", "year": " a year", "month": " a month", "day": " a day", "Mtok": " per million tokens"}
_RATES = {"m2": "m²", "m3": "m³", "month/MW": "month and MW", "kW-month": "kW and month"}
_PERCENT_ENDINGS = (
    "share",
    "mfu",
    "hfu",
    "mbu",
    "goodput",
    "irr",
    "irr_nominal",
    "irr_runs_paid",
    "rate",
    "utilisation",
    "share_of_tokens",
    "share_of_running",
)
SMALL_COUNT = 100.0
"""Whole numbers below this are counts and stand without decimals."""
WHOLE_COUNT = 1e6
"""So do whole numbers below this that are exactly known."""
SAME = 0.05
"""Changes below this, in per cent or points, are told as none to speak of."""
MANIFOLD = 10.0
"""From this ratio on a change is told as a multiple."""
NEXT_TO_NOTHING = 1e-5
"""An end of a range below this share of the other is zero but for the solver's last digits [1]."""
_ABBREVIATIONS = {
    "it": "IT", "ups": "UPS", "pue": "PUE", "wue": "WUE", "cfe": "CFE", "hvac": "HVAC", "pv": "PV", "ccs": "CCS",
    "ai": "AI", "co2": "CO₂", "o": "O", "m": "M", "om": "O&M", "usd": "USD", "npv": "NPV", "irr": "IRR", "tco": "TCO",
    "crah": "CRAH", "cdu": "CDU", "pdu": "PDU", "gpu": "GPU", "ccgt": "CCGT", "ocgt": "OCGT", "smr": "SMR",
    "ppa": "PPA",
}  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How values of one figure are shown: divided by `factor`, between `before` and `after`."""

    factor: float
    before: str
    after: str
    places: int | None = None
    """Decimals of a number that is not to be rounded to three digits, such as a calendar year."""

    grouped: bool = False
    """Write such a number with its thousands apart."""

    @property
    def unit(self) -> str:
        """The unit alone: `million USD a year`, `%`, `GWh`."""
        words = self.after.strip()
        if not self.before:
            return words
        size, _, rest = words.partition(" ")
        if any(word == f" {size}" for _, word in _WORDS):
            return f"{size} USD {rest}".strip()
        return f"USD{'' if words[:1] == '/' else ' '}{words}".strip()

    def number(self, value: float) -> str:
        """Value without its unit, three significant digits."""
        if self.places is not None:
            rounded = round(value, self.places) + 0.0  # A zero has no sign.
            return f"{rounded:{',' if self.grouped else ''}.{self.places}f}".replace("-", "−")
        text = f"{self.before}{digits(value / self.factor)}"
        return f"−{self.before}{text.removeprefix(self.before + '−')}" if value < 0 else text

    def text(self, value: float) -> str:
        """Value with its unit, three significant digits."""
        return self.number(value) + self.after

    def ends(self, low: float, high: float) -> str:
        """Range in the same unit, the unit left out: `54.1 to 71.3`; an end that is next to nothing is 0."""
        nothing = NEXT_TO_NOTHING * max(abs(low), abs(high))
        return " to ".join(self.number(0.0 if abs(end) < nothing else end) for end in (low, high))

    def span(self, low: float, high: float) -> str:
        """Range in the same unit: `54.1 to 71.3 GWh`."""
        return self.ends(low, high) + self.after


def digits(value: float) -> str:
    """Write a number with three significant digits, thousands apart.

    >>> digits(123456.0), digits(0.012345), digits(1.2), digits(3.8e25), digits(0.0)
    ('123,000', '0.0123', '1.20', '3.80×10²⁵', '0')
    """
    if math.isnan(value):
        return "no data"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    size = float(f"{abs(value):.3g}")
    power = math.floor(math.log10(size))
    if power >= 12 or power < -4:
        mantissa, _, exponent = f"{size:.2e}".partition("e")
        raised = str(int(exponent)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
        return f"{sign}{mantissa}×10{raised}"
    return f"{sign}{size:,.{max(0, 2 - power)}f}"


def is_share(unit: str, name: str) -> bool:
    """Tell whether a figure is shown in per cent.

    >>> is_share("1", "supply.cfe_hourly_share"), is_share("1", "compute.training.devices")
    (True, False)
    """
    return unit in ("1", "1/year") and name.rsplit(".", 1)[-1].endswith(_PERCENT_ENDINGS)


def scale(value: float, unit: str, name: str = "", exact: bool = False) -> Scale:
    """Choose the unit that shows a value best.

    Args:
        value: The value, in `unit`.
        unit: Unit as the stages write it, such as `USD/year`, `MWh`, `1`.
        name: Name of the figure, to tell shares from counts.
        exact: The value has no range: a whole number of things is then not rounded.

    Returns:
        The scale, for the value and for its range.

    >>> scale(1.234e9, "USD/year").text(1.234e9)
    '$1.23 billion a year'
    >>> scale(3_610_000, "MWh").text(3_610_000)
    '3.61 TWh'
    >>> scale(0.4321, "1", "compute.training.mfu").text(0.4321)
    '43.2 %'
    >>> scale(1.82e6, "1e6 token/year").text(1.82e6)
    '1.82 trillion tokens a year'
    >>> scale(2027.5, "calendar year").text(2027.5), scale(2.4e6, "currency").text(2.4e6)
    ('2027.5', '2.40 million')
    >>> scale(999_700.0, "MWh").text(999_700.0), scale(-1.0, "1").text(-1.0)
    ('1.00 TWh', '−1')
    >>> scale(8.0, "1").text(8.0), scale(1.1, "1").text(1.1)
    ('8', '1.10')
    >>> scale(16384.0, "1", exact=True).text(16384.0), scale(16384.0, "1").text(16384.0)
    ('16,384', '16,400')
    >>> scale(8192.0, "token", exact=True).text(8192.0), scale(8192.5, "token", exact=True).text(8192.5)
    ('8,192 tokens', '8,190 tokens')
    """
    if unit == "calendar year":
        return Scale(1.0, "", "", 0 if float(value).is_integer() else 1)
    size = float(f"{abs(value):.3g}") if math.isfinite(value) else 0.0
    multiple = next((m for m in _MULTIPLES if unit.startswith(m)), None)
    if multiple is not None:
        inner = scale(value * _MULTIPLES[multiple], unit.removeprefix(multiple), name)
        return Scale(inner.factor / _MULTIPLES[multiple], inner.before, inner.after)
    head, _, per = unit.partition("/")
    if is_share(unit, name):
        return Scale(0.01, "", " %")
    tail = _TAILS.get(per, f"/{_RATES.get(per, per)}")
    if head in ("USD", "$", "currency"):
        factor, word = next(((f, w) for f, w in _WORDS if size >= f), (1.0, ""))
        return Scale(factor, "" if head == "currency" else "$", word + tail)
    if head in _LADDERS and per in _PLAIN_PERS:
        ladder = _LADDERS[head]
        factor, shown = next(((f, u) for f, u in ladder if size >= f), ladder[-1] if size else (1.0, head))
        return Scale(factor, "", f" {_SPELT.get(shown, shown)}{tail}")
    if unit == "1" and 1.0 <= size < SMALL_COUNT and float(value).is_integer():
        return Scale(1.0, "", "", 0)
    if size < 1e6 or size >= 1e15:
        whole = exact and 1.0 <= abs(value) < WHOLE_COUNT and float(value).is_integer()
        after = f" {_SPELT.get(head, head)}{tail}".rstrip() if unit != "1" else ""
        return Scale(1.0, "", after, 0 if whole else None, grouped=whole)
    factor, word = next((f, w) for f, w in _WORDS if size >= f)
    return Scale(factor, "", f"{word} {_SPELT.get(head, head)}".rstrip() + tail)


def people(value: float, unit: str, name: str = "", exact: bool = False) -> str:
    """Write a value for people, in three digits; a whole number of things that is exactly known in all of its own.

    >>> people(16384, "1"), people(405e9, "1"), people(63.21, "USD/MWh"), people(2.5, "m3")
    ('16,400', '405 billion', '$63.2/MWh', '2.50 m³')
    """
    return scale(value, unit, name, exact).text(value)


def round_words(text: str) -> str:
    """Drop the zeros that end a decimal number, for sentences: `20.0 million` becomes `20 million`.

    >>> round_words("20.0 million"), round_words("1.50 GW"), round_words("$5.00")
    ('20 million', '1.5 GW', '$5')
    """
    return re.sub(r"(\d)\.(\d*?)0+(?=\D|$)", lambda m: m[1] + (f".{m[2]}" if m[2] else ""), text)


def change_text(first: float, other: float, unit: str = "", name: str = "") -> str:
    """Write a change from a first value: in per cent, of shares in points, where the sign turns or of years as such.

    Args:
        first: The value that is changed.
        other: The value after it.
        unit: Unit of both.
        name: Name of the figure, to tell shares from counts.

    >>> change_text(100.0, 112.0), change_text(100.0, 99.8), change_text(1000.0, 1.0), change_text(10.0, 250.0)
    ('+12 %', '−0.2 %', '−100 %', '×25.0')
    >>> change_text(0.4, 0.5, "1", "supply.cfe_hourly_share"), change_text(2030, 2032, "calendar year")
    ('+10.0 points', '+2 years')
    >>> change_text(-3e8, 1e8, "USD"), change_text(0.0, 1.0), change_text(2.0, 2.0), change_text(2.0, 2.0001)
    ('+$400 million', 'new', '=', '≈')
    """
    if other == first:
        return "="
    if is_share(unit, name):
        points = 100.0 * (other - first)
        return "≈" if abs(points) < SAME else f"{_signed(points, 1)} points"
    if unit == "calendar year":
        return f"{_signed(other - first, 0 if float(other - first).is_integer() else 1)} years"
    if first == 0:
        return "new"
    if first * other < 0 or unit in ("C", "degC"):
        moved = other - first
        return f"{'+' if moved > 0 else ''}{people(moved, unit, name)}"
    if abs(other / first) >= MANIFOLD:
        return f"×{digits(other / first)}"
    percent = round(100.0 * (other - first) / abs(first), 3)
    if abs(percent) < SAME:
        return "≈"
    return f"{_signed(percent, 0 if abs(percent) >= MANIFOLD else 1)} %"


def _signed(value: float, places: int) -> str:
    return f"{value:+,.{places}f}".replace("-", "−")


def is_wide(value: float, low: float, high: float) -> bool:
    """Tell whether a range is so wide that a sentence says "about": more than half of the value.

    >>> is_wide(10.0, 9.0, 11.0), is_wide(10.0, 5.0, 15.0)
    (False, True)
    """
    return value != 0 and abs(high - low) > 0.5 * abs(value)


def name_for_people(name: str) -> str:
    """Spell out a name that a stage wrote: `grid.demand_charge` becomes `Grid: demand charge`.

    >>> name_for_people("grid.demand_charge"), name_for_people("ups_losses"), name_for_people("it")
    ('Grid: demand charge', 'UPS losses', 'IT')
    """
    parts = []
    for part in name.split("."):
        words = part.replace("-", "_").split("_")
        parts.append(" ".join(_ABBREVIATIONS.get(w.lower(), w) for w in words))
    text = ": ".join(parts)
    return text[:1].upper() + text[1:]


def listed(items: list[str]) -> str:
    """Join words as in a sentence.

    >>> listed(["grid", "solar", "wind"]), listed(["grid"])
    ('grid, solar and wind', 'grid')
    """
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]
