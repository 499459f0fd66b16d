"""Results of a study on disk: Parquet parts named by their content, written whole or not at all.

In: rows of finished cases. Out: a folder that any Parquet reader opens, and what is already in it.
Leaves out: which cases to run. Two runs may share a folder: parts of the same cases have the same name and content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattscale.errors import InputError
from wattscale.userfile import duckdb_name

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Store:
    """A folder of results.

    Attributes:
        folder: The folder.
    """

    folder: Path

    def open(self, manifest: Mapping[str, Any], resume: bool) -> None:
        """Make the folder, or check that what is in it belongs to the same study.

        Raises:
            InputError: The folder holds another study, or results without `resume`, or cannot be written to.
        """
        path = self.folder / MANIFEST
        try:
            if not path.exists():
                self._make(path, manifest)
            there = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot be used: {error.strerror}", where="--out", value=str(self.folder)) from error
        except json.JSONDecodeError:
            there = {}
        if there.get("study") != manifest["study"]:
            raise InputError(
                "holds the results of another study, version or catalogue", where="--out", value=str(self.folder),
                hint="Choose another folder.",
            )  # fmt: skip
        if not resume and any(self.parts()):
            raise InputError(
                "holds results already", where="--out", value=str(self.folder), hint="Add --resume to go on."
            )

    def _make(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(not p.name.startswith(".") for p in self.folder.iterdir()) and not path.exists():
            raise InputError("is a folder of something else", where="--out", value=str(self.folder))
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        staged.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        try:
            os.link(staged, path)
        except FileExistsError:
            pass  # Another run was first; what it wrote is checked like any other.
        finally:
            staged.unlink()

    def parts(self) -> Iterable[Path]:
        """Finished parts."""
        return sorted(self.folder.glob("part-*.parquet"))

    def add(self, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write a part with the rows of some cases; its name is the hash of their ids.

        Columns are those of the first row, each of one type: text where its values differ in kind.
        """
        import duckdb

        ids = "\n".join(str(row["case_id"]) for row in rows)
        name = f"part-{hashlib.sha256(ids.encode()).hexdigest()[:20]}.parquet"
        target = self.folder / name
        staged = self.folder / f".{name}.{os.getpid()}"
        frame = _typed(rows)
        with duckdb.connect() as connection:
            connection.register("frame", frame)
            connection.execute("COPY frame TO ? (FORMAT parquet)", [str(staged)])
        os.replace(staged, target)
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
