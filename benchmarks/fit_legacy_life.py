"""Fit how halls of the 2000s left the survey of PUE, and what today's halls take over the building model.

In: means of the survey (table `outlook_history`), PUE of the two designs from the building model. Out: two figures with
their standard errors. They stand in `outlook_drivers` as `facility.legacy_life` and `facility.survey_level`.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from wattscale.catalog import load_catalog
from wattscale.outlook.cooling import survey_pue
from wattscale.outlook.cooling_units import cooling_units
from wattscale.units import FloatArray

YEARS = (2007, 2011, 2018, 2019, 2022, 2024)
"""Years whose mean the survey published."""


def main() -> None:
    """Print the two figures, their standard errors and what is left over."""
    catalog, units = load_catalog(), cooling_units()
    said = np.array([catalog.value("outlook_history", "pue.survey", vintage=year) for year in YEARS])

    def left(x: FloatArray) -> FloatArray:
        v = {"facility.legacy_life": x[:1], "facility.survey_level": x[1:], "facility.pue_fall": np.zeros(1)}
        return np.log([survey_pue(v, units, float(year))[0] for year in YEARS]) - np.log(said)

    found = least_squares(left, [4.0, 1.0])
    free = len(YEARS) - len(found.x)
    error = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)) * 2.0 * found.cost / free)
    for name, value, one in zip(("legacy_life", "survey_level"), found.x, error, strict=True):
        print(f"facility.{name} = {value:.3f}, standard error {one:.3f}")
    for year, gap in zip(YEARS, found.fun, strict=True):
        print(f"  {year}: {gap:+.1%} against the survey")


if __name__ == "__main__":
    main()
