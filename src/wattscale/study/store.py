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

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
TIMINGS = ("seconds", "finished_utc")
"""Columns that differ between two runs of the same study."""


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
            InputError: The folder holds another study, or results without `resume`.
        """
        path = self.folder / MANIFEST
        if path.exists():
            there = json.loads(path.read_text(encoding="utf-8"))
            if there.get("study") != manifest["study"]:
                raise InputError(
                    "holds the results of another study, version or catalogue", where="--out", value=str(self.folder),
                    hint="Choose another folder.",
                )  # fmt: skip
            if not resume and any(self.parts()):
                raise InputError(
                    "holds results already", where="--out", value=str(self.folder), hint="Add --resume to go on."
                )
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise InputError("is a folder of something else", where="--out", value=str(self.folder))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(path, (json.dumps(manifest, indent=2) + "\n").encode())

    def parts(self) -> Iterable[Path]:
        """Finished parts."""
        return sorted(self.folder.glob("part-*.parquet"))

    def add(self, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write a part with the rows of some cases; its name is the hash of their ids."""
        import duckdb
        import pandas as pd

        ids = "\n".join(str(row["case_id"]) for row in rows)
        name = f"part-{hashlib.sha256(ids.encode()).hexdigest()[:20]}.parquet"
        target = self.folder / name
        staged = self.folder / f".{name}.{os.getpid()}"
        frame = pd.DataFrame(list(rows))
        with duckdb.connect() as connection:
            connection.register("frame", frame)
            connection.execute("COPY frame TO ? (FORMAT parquet)", [str(staged)])
        os.replace(staged, target)
        return target

    def done(self) -> set[int]:
        """Numbers of the cases that are finished, failed ones included."""
        return set(self._query("SELECT DISTINCT case_index FROM parts").get("case_index", []))

    def frame(self, columns: str = "*") -> pd.DataFrame:
        """All finished cases in order, each once."""
        import pandas as pd

        found = self._query(
            f"SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY case_index) AS n FROM parts) "
            "WHERE n = 1 ORDER BY case_index"
        )
        return pd.DataFrame(found).drop(columns="n", errors="ignore")

    def _query(self, sql: str) -> dict[str, Any]:
        import duckdb

        files = [str(p) for p in self.parts()]
        if not files:
            return {}
        with duckdb.connect() as connection:
            source = f"read_parquet({files!r}, union_by_name=true)"
            frame = connection.execute(sql.replace("FROM parts", f"FROM {source}")).df()
        return {column: frame[column] for column in frame.columns}

    def _write(self, path: Path, content: bytes) -> None:
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        staged.write_bytes(content)
        os.replace(staged, path)
