"""Weather from the services of PVGIS and Open-Meteo for any coordinates: asked for, fetched once, kept in a cache.

In: coordinates, service, year. Out: a file in the cache, read like one the user gave.
Leaves out: services that need a key. Nothing is fetched unless the scenario says `site.weather_service`.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from wattscale.errors import InputError
from wattscale.scenario.site import SiteTable
from wattscale.userfile import MIB

Service = Literal["pvgis", "open-meteo"]
FIELD = "site.weather_service"
PVGIS_URL = "https://re.jrc.ec.europa.eu/api/v5_3/tmy"
OPEN_METEO_URL = "https://archive-api.open-meteo.com/v1/archive"
OPEN_METEO_HOURLY = (
    "temperature_2m,relative_humidity_2m,dew_point_2m,surface_pressure,wind_speed_10m,cloud_cover,shortwave_radiation,"
    "direct_normal_irradiance,diffuse_radiation"
)
ANSWER_MARKS = (b'"hourly"', b'"tmy_hourly"')
"""Words of an answer that holds weather; anything else is told and not kept."""
TIMEOUT_S = 60.0
MOST_BYTES = 64 * MIB
"""A year of weather has 1 to 2 MiB; what is longer is cut, and refused as no whole answer when it is read."""
CACHE_VARIABLE = "WATTSCALE_CACHE"
Fetch = Callable[[str], bytes]


def cache_folder() -> Path:
    """Give the folder of fetched weather: $WATTSCALE_CACHE, else the user's cache."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given) / "weather"
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "wattscale" / "weather"


def request_url(service: Service, latitude: float, longitude: float, year: int) -> str:
    """Give the address that answers with an hourly year.

    Args:
        service: PVGIS gives a typical year (the year is not used), Open-Meteo the ERA5 year asked for.
        latitude: [deg].
        longitude: [deg].
        year: Calendar year, for Open-Meteo.

    >>> request_url("pvgis", 50.0, 8.0, 2023)
    'https://re.jrc.ec.europa.eu/api/v5_3/tmy?lat=50.0000&lon=8.0000&outputformat=json'
    """
    place = (f"{latitude:.4f}", f"{longitude:.4f}")
    if service == "pvgis":
        query = {"lat": place[0], "lon": place[1], "outputformat": "json"}
        return f"{PVGIS_URL}?{urllib.parse.urlencode(query)}"
    query = {
        "latitude": place[0], "longitude": place[1], "start_date": f"{year}-01-01", "end_date": f"{year}-12-31",
        "hourly": OPEN_METEO_HOURLY, "wind_speed_unit": "ms", "timezone": "GMT",
    }  # fmt: skip
    return f"{OPEN_METEO_URL}?{urllib.parse.urlencode(query, safe=',')}"


def fetch_url(url: str) -> bytes:
    """Fetch an address; the one place of the site stage that uses the network."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return bytes(answer.read(MOST_BYTES))


def fetched_weather(
    service: Service, latitude: float, longitude: float, year: int, folder: Path, fetch: Fetch = fetch_url
) -> Path:
    """Give the cached file of a service, fetching it the first time.

    Args:
        service: Which service.
        latitude: [deg].
        longitude: [deg].
        year: Calendar year, for Open-Meteo.
        folder: Cache.
        fetch: Gives the content of an address; replaced in tests.

    Raises:
        InputError: The service cannot be reached or refuses.
    """
    name = f"{service}_{latitude:.4f}_{longitude:.4f}_{'typical' if service == 'pvgis' else year}.json"
    path = folder / name
    if path.exists():
        return path
    url = request_url(service, latitude, longitude, year)
    try:
        content = fetch(url)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise InputError(
            f"the service could not be reached ({error})",
            where=FIELD,
            value=service,
            hint="Check the network, or give site.weather, or leave both out for synthetic weather",
        ) from None
    if not any(mark in content for mark in ANSWER_MARKS):
        raise InputError(
            f"the service answered without hourly weather: {content[:200].decode('utf-8', 'replace')}",
            where=FIELD,
            value=service,
            hint="Try again later, check the coordinates and the year, or give site.weather",
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def service_path(table: SiteTable, latitude: float, longitude: float, fetch: Fetch = fetch_url) -> str | None:
    """Give the path of the weather that `site.weather_service` asks for, or None where it asks for none."""
    if table.weather_service is None:
        return None
    return str(fetched_weather(table.weather_service, latitude, longitude, table.weather_year, cache_folder(), fetch))
