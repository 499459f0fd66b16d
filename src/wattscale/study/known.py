"""Ranges that the catalogue states for its own figures, so that a study need not repeat them.

In: the id of a figure. Out: low, value, high.
Leaves out: figures that the catalogue gives as a number alone.
"""

from __future__ import annotations

from wattscale.catalog import load_catalog
from wattscale.catalog.table import figure_id
from wattscale.errors import InputError


def known_range(key: str, where: str = "axis") -> tuple[float, float, float]:
    """Give the range of a figure.

    Args:
        key: Id of the figure, with region and vintage where there are several.
        where: Axis it is for.

    Returns:
        Low, value and high, in the unit of the row.

    Raises:
        InputError: No such figure, several, or one without a range.

    >>> known_range("dc_costs/life.accelerators")
    (4.0, 5.0, 6.0)
    """
    catalog = load_catalog()
    catalog.bounds(key)
    name, _, rest = key.partition("/")
    plain = rest.partition("@")[0].partition(":")[0]
    table = catalog.table(name)
    candidates = table.figures.get(plain, []) if table.shape == "figures" else []
    rows = {figure_id(name, row): row for row in candidates}
    if key not in rows and len(rows) > 1:
        raise InputError("is several figures; name one, or give low and high", where=where, allowed=", ".join(rows))
    row = rows.get(key) or next(iter(rows.values()), {})
    ends = [row.get(column) for column in ("low", "value", "high")]
    low, value, high = (float(end) if end else 0.0 for end in ends)
    if not all(ends) or low == high:
        raise InputError("has no range in the catalogue; give low and high", where=where, value=key)
    return low, value, high
