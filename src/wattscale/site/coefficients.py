"""Coefficients of the weather synthesis, read from the catalogue into typed groups.

In: the table `weather_synthesis`. Out: `SynthesisModel`.
Leaves out: the fit itself (benchmarks/fit_series.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from wattscale.catalog import Catalog

TABLE = "weather_synthesis"


@dataclass(frozen=True)
class SunshineModel:
    """Item `clearness`: the daily clear-sky index and its hours."""

    day_persistence: float
    sd_scale: float
    least_scale: float
    most: float
    haze: float
    hour_noise: float
    hour_persistence: float
    swing: float
    with_temperature: float
    with_dew_point: float
    with_wind: float


@dataclass(frozen=True)
class WindModel:
    """Item `wind`: scores of the wind speed at 10 m."""

    day_persistence: float
    day_share: float
    hour_persistence: float
    swing: float
    peak_hour: float


@dataclass(frozen=True)
class DewModel:
    """Item `dew_point`."""

    day_sd: float
    hour_sd: float
    sd_temperature: float
    hour_temperature: float
    sd_dew: float
    sd_depression: float
    skew_start: float
    skew_dew: float
    mixing: float
    driest_hour: float
    tail_share: float
    tail_stretch: float
    day_persistence: float
    hour_persistence: float


@dataclass(frozen=True)
class TemperatureModel:
    """Item `temperature`: what the normals do not say about the dry bulb."""

    hour_sd: float
    hour_persistence: float
    peak_hour: float
    second_harmonic: float
    skew_records: float
    record_stretch: float
    tail_share: float


@dataclass(frozen=True)
class SynthesisModel:
    """All coefficients of the synthesis."""

    clearness: SunshineModel
    wind: WindModel
    dew_point: DewModel
    temperature: TemperatureModel


Group = TypeVar("Group")


def read_synthesis_model(catalog: Catalog) -> SynthesisModel:
    """Read the coefficients; each is noted in the ledger."""

    def group(kind: type[Group], item: str) -> Group:
        values: dict[str, Any] = {
            f.name: catalog.value(TABLE, f"{item}.{f.name}")
            for f in fields(kind)  # type: ignore[arg-type]
        }
        return kind(**values)

    return SynthesisModel(
        clearness=group(SunshineModel, "clearness"),
        wind=group(WindModel, "wind"),
        dew_point=group(DewModel, "dew_point"),
        temperature=group(TemperatureModel, "temperature"),
    )
