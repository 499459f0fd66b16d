"""The scenario: one typed, immutable description of a plan, a table for each stage.

In: validated tables. Out: `Scenario`. Reading files and patches: load.py, patch.py.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from wattscale.figure import PlanWarning
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.facility import FacilityTable
from wattscale.scenario.impact import ImpactTable
from wattscale.scenario.quantity import TableModel, choice
from wattscale.scenario.site import SiteTable
from wattscale.scenario.supply import SupplyTable
from wattscale.scenario.workload import WorkloadTable


class Range(TableModel):
    """A number that is not known exactly: `{low, mode, high}`; a plan uses the mode."""

    low: float
    mode: float
    high: float


class Scenario(TableModel):
    """One plan to be made. Every key has a default with a source; see `wattscale schema`."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = choice("Unnamed plan", "Name of the plan")
    preset: str = choice("first-campus", "Preset that gives the keys left out; `none` for the plain defaults")
    workload: WorkloadTable = WorkloadTable()
    compute: ComputeTable = ComputeTable()
    site: SiteTable = SiteTable()
    facility: FacilityTable = FacilityTable()
    supply: SupplyTable = SupplyTable()
    economics: EconomicsTable = EconomicsTable()
    impact: ImpactTable = ImpactTable()
    catalog: dict[str, float] = choice({}, "Own values for figures of the catalogue, by id")
    _ranges: dict[str, Range] = PrivateAttr(default_factory=dict)
    _notes: list[PlanWarning] = PrivateAttr(default_factory=list)
    _given: dict[str, Any] | None = PrivateAttr(default=None)

    @property
    def notes(self) -> list[PlanWarning]:
        """What reading the scenario has to tell, such as a setting that took another's place."""
        return self._notes

    def __eq__(self, other: object) -> bool:
        """Compare what is planned; which keys stood in the file and which came from its preset tells no plans apart."""
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__ and self._ranges == other._ranges

    @property
    def ranges(self) -> dict[str, Range]:
        """Fields given as a range, by dotted key."""
        return self._ranges

    @property
    def given(self) -> dict[str, Any]:
        """Tables as they were given, before the preset filled in the rest; what another preset would leave alone."""
        return self.model_dump(exclude_unset=True) if self._given is None else self._given

    def as_given(self, tables: dict[str, Any]) -> Scenario:
        """Give the same scenario, said to be made from these tables."""
        copied = self.model_copy()
        copied._given = tables
        return copied
