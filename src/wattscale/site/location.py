"""Where the site is: a catalogue name, or coordinates with the nearest catalogue site and climate.

In: the scenario's table `site`. Out: `Location`, with the distances to what stands in for the place.
Leaves out: borders; the nearest site may lie in another country or grid, which the warning says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.catalog.reader import Row
from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.scenario.site import SiteTable
from wattscale.site.normals import TABLE as NORMALS
from wattscale.units import FloatArray

SITES = "sites"
EARTH_RADIUS_KM = 6371.0088
"""Mean radius, IUGG 1980."""
FAR_KM = 150.0
"""Beyond this distance the climate or the facts of a neighbour are a doubtful stand-in: a warning."""
DEG_PER_HOUR = 15.0


@dataclass(frozen=True)
class Location:
    """A place and what stands in for it.

    Attributes:
        name: Catalogue key, or the scenario's own name.
        label: Name for people.
        latitude, longitude: [deg].
        utc_offset_h: Local standard time minus UTC [h].
        country: ISO 3166 code of the site whose facts are used.
        site: Row of the table `sites` that gives grid and siting facts.
        site_distance_km: Distance to it [km].
        climate: Place in `climate_normals`.
        climate_distance_km: Distance to it [km].
        warnings: Doubts about the name and the stand-in for the grid.
        climate_warnings: Doubts about the stand-in for the climate, for plans that use it.
    """

    name: str
    label: str
    latitude: float
    longitude: float
    utc_offset_h: float
    country: str
    site: Row
    site_distance_km: float
    climate: str
    climate_distance_km: float
    warnings: tuple[PlanWarning, ...] = ()
    climate_warnings: tuple[PlanWarning, ...] = ()


def distance_km(latitude: float, longitude: float, latitudes: FloatArray, longitudes: FloatArray) -> FloatArray:
    """Give great-circle distances from one place to others.

    Haversine formula on a sphere.

    Args:
        latitude: Latitude of the place [deg].
        longitude: Longitude of the place [deg].
        latitudes: Latitudes of the others [deg], shape (n,).
        longitudes: Longitudes of the others [deg], shape (n,).

    Returns:
        Distances [km], shape (n,).

    >>> round(float(distance_km(0.0, 0.0, np.array([0.0]), np.array([90.0]))[0]))
    10008
    """
    lat1, lon1, lat2, lon2 = (np.radians(x) for x in (latitude, longitude, latitudes, longitudes))
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def locate(table: SiteTable, catalog: Catalog) -> Location:
    """Find the place of a scenario.

    Coordinates win over a name. A name that is in the catalogue gives its coordinates; with coordinates, any name is
    allowed as a label.

    Args:
        table: Scenario table `site`.
        catalog: Tables `sites` and `climate_normals`.

    Raises:
        InputError: Unknown name, half a pair of coordinates, or neither.
    """
    if table.latitude is not None and table.longitude is not None:
        return _at_coordinates(table, table.latitude, table.longitude, catalog)
    if table.latitude is not None or table.longitude is not None:
        missing = "site.longitude" if table.longitude is None else "site.latitude"
        raise InputError(
            "latitude and longitude must be given together",
            where=missing,
            hint=f"Give {missing} too, or only site.name",
        )
    if not table.name:
        raise InputError(
            "no place given", where="site.name", hint="Give site.name, or site.latitude and site.longitude"
        )
    return _named(table, catalog.row(SITES, table.name, where="site.name"), catalog)


def _named(table: SiteTable, site: Row, catalog: Catalog) -> Location:
    latitude, longitude = site.number("latitude"), site.number("longitude")
    chosen = site.text("climate")
    climate, km = _climate(catalog, latitude, longitude, chosen)
    offset = site.number("utc_offset_h") if table.utc_offset_h is None else table.utc_offset_h
    return Location(
        name=site.name, label=site.text("label"), latitude=latitude, longitude=longitude, utc_offset_h=offset,
        country=site.text("country"), site=site, site_distance_km=0.0, climate=climate, climate_distance_km=km,
        climate_warnings=_far_climate(catalog, climate, km),
    )  # fmt: skip


def _at_coordinates(table: SiteTable, latitude: float, longitude: float, catalog: Catalog) -> Location:
    quiet = list(catalog.recording().rows(SITES))
    km = distance_km(
        latitude,
        longitude,
        np.array([r.number("latitude") for r in quiet]),
        np.array([r.number("longitude") for r in quiet]),
    )
    nearest = int(km.argmin())
    site = catalog.row(SITES, quiet[nearest].name)
    climate, climate_km = _climate(catalog, latitude, longitude, "")
    warnings: tuple[PlanWarning, ...] = ()
    if km[nearest] > FAR_KM:
        message = (
            f"Price, carbon, water and siting facts are those of {site.text('label')}, {km[nearest]:.0f} km away "
            f"(beyond {FAR_KM:.0f} km); give site.prices, site.carbon or single keys for the place itself."
        )
        warnings += (PlanWarning("site-distant", message),)
    name = table.name if table.name and "name" in table.model_fields_set else ""
    if name and catalog.has_row(SITES, name) and catalog.row(SITES, name).name != site.name:
        message = f"The coordinates {latitude:g}, {longitude:g} were used, not those of site.name = '{name}'."
        warnings += (PlanWarning("coordinates-used", message),)
        name = ""
    label = (
        name
        or f"{abs(latitude):.2f} {'N' if latitude >= 0 else 'S'}, {abs(longitude):.2f} {'E' if longitude >= 0 else 'W'}"
    )
    solar = float(np.floor(longitude / DEG_PER_HOUR + 0.5))
    zone = site.number("utc_offset_h") if km[nearest] <= FAR_KM else solar
    offset = zone if table.utc_offset_h is None else table.utc_offset_h
    return Location(
        name=label, label=label, latitude=latitude, longitude=longitude, utc_offset_h=offset,
        country=site.text("country"), site=site, site_distance_km=float(km[nearest]), climate=climate,
        climate_distance_km=climate_km, warnings=warnings,
        climate_warnings=_far_climate(catalog, climate, climate_km),
    )  # fmt: skip


def _climate(catalog: Catalog, latitude: float, longitude: float, chosen: str) -> tuple[str, float]:
    """Give the climate place chosen, or the nearest, with its distance."""
    rows = catalog.table(NORMALS).rows
    km = distance_km(
        latitude,
        longitude,
        np.array([float(r["latitude"]) for r in rows]),
        np.array([float(r["longitude"]) for r in rows]),
    )
    names = [r["site"] for r in rows]
    i = names.index(chosen) if chosen else int(km.argmin())
    return names[i], float(km[i])


def _far_climate(catalog: Catalog, climate: str, km: float) -> tuple[PlanWarning, ...]:
    if km <= FAR_KM:
        return ()
    label = catalog.recording().row(NORMALS, f"{climate}:01").text("label")
    message = (
        f"The climate is that of {label}, {km:.0f} km away (beyond {FAR_KM:.0f} km); give "
        "site.weather for the place itself."
    )
    return (PlanWarning("climate-distant", message),)
