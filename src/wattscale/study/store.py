"""Results of a study on disk: Parquet parts named by their content, written whole or not at all.

In: rows of finished cases. Out: a folder that any Parquet reader opens, and what is already in it.
Leaves out: which cases to run. Two runs may share a folder: parts of the same cases have the same name and content.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wattscale.contents import hash_of
from wattscale.errors import InputError, WattscaleError
from wattscale.staged import beside, write_file
from wattscale.userfile import duckdb_name

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
DIFFERS = {
    "wattscale": "version of the package", "catalog": "catalogue", "contents": "content of a file",
    "table": "study file", "scenario": "scenario", "study": "study",
}  # fmt: skip
"""What a manifest tells apart, in the words of people; the last one is what the others add up to."""
PART = re.compile(r"part-[0-9a-f]{20}-([0-9a-f]{20})\.parquet")
Say = Callable[[str], None]
"""Called with a sentence on what was repaired."""


@dataclass(frozen=True)
class Store:
    """A folder of results.

    Attributes:
        folder: The folder.
    """

    folder: Path

    def open(self, manifest: Mapping[str, Any], resume: bool, say: Say = lambda _: None) -> None:
        """Make the folder, or check that what is in it belongs to the same study.

        With `resume` what is damaged is mended: a part that cannot be read, or holds other cases, is set aside and its
        cases are run again; a manifest is written anew where the parts are of this study.

        Args:
            manifest: What the study is.
            resume: Go on with the results that are there.
            say: Called with a sentence on each repair.

        Raises:
            InputError: The folder holds another study, or results without `resume`, or a damaged manifest that cannot
                be mended, or cannot be written to.
        """
        path = self.folder / MANIFEST
        try:
            if not path.exists():
                self._make(path, manifest, resume)
            there = _manifest(path)
            if there is None:
                self._mend(path, manifest, resume, say)
            elif there.get("study") != manifest["study"]:
                raise self._refusal("holds the results of another study", _differences(there, manifest))
            if resume:
                self._set_aside(manifest["study"], say)
        except OSError as error:
            raise InputError(f"cannot be used: {error.strerror}", where="--out", value=str(self.folder)) from error
        if not resume and any(self.parts()):
            raise self._refusal("holds results already", hint="Add --resume to go on.")

    def _refusal(self, message: str, why: str = "", hint: str = "Choose another folder.") -> InputError:
        return InputError(message + (f": {why}" if why else ""), where="--out", value=str(self.folder), hint=hint)

    def _make(self, path: Path, manifest: Mapping[str, Any], resume: bool) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        foreign = [p for p in self.folder.iterdir() if not p.name.startswith(".") and p.name != MANIFEST]
        if foreign and not (resume and any(self.parts())) and not path.exists():
            raise self._refusal("is a folder of something else", hint="Choose another folder.")
        staged = beside(path)
        staged.write_text(_text({} if foreign else manifest), encoding="utf-8")
        try:
            os.link(staged, path)
        except FileExistsError:
            pass  # Another run was first; what it wrote is checked like any other.
        finally:
            staged.unlink()

    def _mend(self, path: Path, manifest: Mapping[str, Any], resume: bool, say: Say) -> None:
        """Write a manifest anew that is damaged, where all parts that can be read are of this study."""
        if not resume:
            hint = "Add --resume to have it written anew, or choose another folder."
            raise self._refusal(f"has a damaged {MANIFEST}", hint=hint)
        states = [_state(part, manifest["study"]) for part in self.parts()]
        if "other" in states or (states and "sound" not in states):
            raise self._refusal(f"has a damaged {MANIFEST}, and results that are not of this study")
        write_file(path, _text(manifest))
        say(f"{path} was damaged and is written anew.")

    def _set_aside(self, study: str, say: Say) -> None:
        for part in self.parts():
            state = _state(part, study)
            if state != "sound":
                os.replace(part, part.with_name(f"damaged-{part.name}"))
                what = "is damaged" if state == "damaged" else "holds cases of another study"
                say(f"{part} {what}: it is set aside as damaged-{part.name}, and its cases are run again.")

    def parts(self) -> Iterable[Path]:
        """Finished parts."""
        return sorted(self.folder.glob("part-*.parquet"))

    def add(self, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write a part with the rows of some cases; its name is the hash of their ids, and that of the file.

        Columns are those of the first row, each of one type: text where its values differ in kind.

        Raises:
            WattscaleError: It cannot be written; nothing is left behind.
        """
        import duckdb

        ids = hashlib.sha256("\n".join(str(row["case_id"]) for row in rows).encode()).hexdigest()[:20]
        staged = beside(self.folder / f"part-{ids}.parquet")
        frame = _typed(rows)
        try:
            with duckdb.connect() as connection:
                connection.register("frame", frame)
                connection.execute("COPY frame TO ? (FORMAT parquet)", [str(staged)])
            target = self.folder / f"part-{ids}-{_short(staged)}.parquet"
            os.replace(staged, target)
        except (duckdb.Error, OSError) as error:
            staged.unlink(missing_ok=True)
            raise WattscaleError(f"results cannot be written to {self.folder}: {error}") from error
        return target

    def done(self) -> set[int]:
        """Numbers of the cases that are finished, failed ones included."""
        found = self.frame("case_index")
        return set(found["case_index"].tolist()) if len(found) else set()

    def frame(self, columns: str = "*", order: str = "ORDER BY case_index") -> pd.DataFrame:
        """Finished cases in order, each once.

        Args:
            columns: Columns in the words of SQL, such as `case_index, "facility.pue"`; all without it.
            order: Order of the rows in the words of SQL; none for sums.

        Returns:
            One row per case; without columns where nothing is finished.
        """
        import duckdb
        import pandas as pd

        files = [duckdb_name(p, "--out") for p in self.parts()]
        if not files:
            return pd.DataFrame()
        once = (
            "SELECT * FROM read_parquet(?, union_by_name=true, hive_partitioning=false) "
            "QUALIFY row_number() OVER (PARTITION BY case_index) = 1"
        )
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {columns} FROM ({once}) {order}", [files]).df()


def case_id(study: str, index: int) -> str:
    """Give the id of a case: the hash of its study and number."""
    return hashlib.sha256(f"{study}/{index}".encode()).hexdigest()[:20]


def _state(part: Path, study: str) -> Literal["sound", "damaged", "other"]:
    """Tell whether a part is whole and of a study: by the hash in its name, and by the ids of its cases."""
    import duckdb

    named = PART.fullmatch(part.name)
    if named is None or _short(part) != named[1]:
        return "damaged"
    try:
        with duckdb.connect() as connection:
            name = duckdb_name(part, "--out")
            rows = connection.execute("SELECT case_index, case_id FROM read_parquet([?])", [name]).fetchall()
    except duckdb.Error:
        return "damaged"
    return "sound" if all(found == case_id(study, index) for index, found in rows) else "other"


def _short(path: Path) -> str:
    return hash_of(path)[:20]


def _manifest(path: Path) -> dict[str, Any] | None:
    """Read a manifest; None where it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("study"), str) else None


def _text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2) + "\n"


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Say in what two studies differ."""
    asked = json.loads(json.dumps(here))
    found = [key for key in DIFFERS if key in here and there.get(key) != asked[key]]
    named = [key for key in found if key != "study"] or found
    words = [DIFFERS[key] for key in named]
    if "wattscale" in named:
        words[named.index("wattscale")] += f" ({there.get('wattscale')} there, {asked['wattscale']} here)"
    if "contents" in named and isinstance(there.get("contents"), dict):
        fields = {k for k in {*there["contents"], *asked["contents"]}
                  if there["contents"].get(k) != asked["contents"].get(k)}  # fmt: skip
        words[named.index("contents")] += f" ({', '.join(sorted(fields))})"
    return ", ".join(f"another {word}" for word in words)


def _typed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Table of rows whose empty columns are numbers and whose mixed columns are text, the same in every part."""
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {int, float} and (None in values or float in kinds):
            columns[name] = pd.Series(values, dtype="float64")
        elif len(kinds) > 1:
            columns[name] = pd.Series([None if value is None else str(value) for value in values])
        else:
            columns[name] = pd.Series(values)
    return pd.DataFrame(columns)
