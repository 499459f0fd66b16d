"""Choice of the factor of a technology, from the most special row of a table to its family.

In: a technology name and a table. Out: the figure, or None. Leaves out: what the factor is multiplied with.
"""

from __future__ import annotations

from wattscale.catalog import Catalog
from wattscale.economics.depreciation import family_of
from wattscale.figure import Figure


def factor(catalog: Catalog, table: str, technology: str, parameter: str, default: bool = False) -> Figure | None:
    """Find the factor of a technology, of its family, or the default of the table.

    Its family stands in the table `technologies`: gas for gas engines, wind for wind at sea.

    Args:
        catalog: The catalogue.
        table: Table of shape `figures`.
        technology: Technology of the supply stage.
        parameter: Factor wanted.
        default: Whether the item `default` serves where no family does.

    Returns:
        The figure, or None where the table has none.

    >>> from wattscale.catalog import load_catalog
    >>> factor(load_catalog(), "embodied", "gas-engine", "plant").id
    'embodied/gas.plant'
    """
    names = (technology, family_of(catalog, technology), "default" if default else "")
    for name in filter(None, names):
        if catalog.has_figure(table, f"{name}.{parameter}"):
            return catalog.figure(table, f"{name}.{parameter}")
    return None
