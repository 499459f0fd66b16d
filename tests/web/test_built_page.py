"""The built page is that of the source, and speaks to no other host."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE, BUILT = ROOT / "web", ROOT / "src" / "wattscale" / "web" / "dist"


def test_the_built_page_is_that_of_the_source() -> None:
    if not SOURCE.exists():
        pytest.skip("the source of the page is not beside the package")
    inside = [p for folder in ("src", "public") for p in (SOURCE / folder).rglob("*") if p.is_file()]
    single = [SOURCE / name for name in ("index.html", "package-lock.json", "svelte.config.js", "vite.config.ts")]
    digest = hashlib.sha256()
    for name in sorted(p.relative_to(SOURCE).as_posix() for p in [*inside, *single]):
        digest.update(name.encode() + b"\0" + (SOURCE / name).read_bytes() + b"\0")
    assert (BUILT / "source.sha256").read_text().strip() == digest.hexdigest(), "run `npm run build` in web/"


def test_the_lock_file_names_no_host() -> None:
    if not SOURCE.exists():
        pytest.skip("the source of the page is not beside the package")
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert not [name for name, about in lock["packages"].items() if "resolved" in about]
    assert all(about.get("integrity") for name, about in lock["packages"].items() if name)


def test_the_page_loads_its_own_files_alone() -> None:
    page = (BUILT / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith("./") and (BUILT / link).is_file() for link in links)
