"""Options of a study that the page starts: which keys vary, how far, how often.

In: JSON. Out: the table of a study.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wattscale.errors import InputError
from wattscale.study.studyfile import HEADLINES, StudyTable


class AxisOptions(BaseModel):
    """A key that varies between two ends."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    key: str = Field(max_length=200)
    low: float
    mode: float | None = None
    high: float


class StudyOptions(BaseModel):
    """What a study draws."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    axes: list[AxisOptions] = Field(default_factory=list, max_length=30)
    cases: int = Field(200, ge=2, le=1_000_000)
    method: str = Field("sobol", max_length=40)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    figures: list[str] = Field(default_factory=lambda: list(HEADLINES), min_length=1, max_length=40)

    @staticmethod
    def of(options: Mapping[str, Any]) -> StudyOptions:
        """Check options.

        Raises:
            InputError: A wrong one.
        """
        try:
            return StudyOptions.model_validate(dict(options))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "options"
            raise InputError(str(first["msg"]), where=where) from None

    def table(self) -> StudyTable:
        """Give the table of the study."""
        return StudyTable.model_validate(
            {
                "name": "From the page", "method": self.method, "cases": self.cases, "seed": self.seed,
                "figures": self.figures, "axis": [axis.model_dump(exclude_none=True) for axis in self.axes],
            }
        )  # fmt: skip
