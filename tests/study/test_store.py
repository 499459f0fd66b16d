"""The folder of results."""

import json

import duckdb
import pytest

from wattscale.errors import InputError
from wattscale.study.store import Store

MANIFEST = {"study": "abc"}


def row(index, **more):
    return {"case_index": index, "case_id": f"id{index}", "status": "done", "cause": "", "x": 0.5 * index, **more}


def test_rows_come_back_in_order_each_once(tmp_path):
    store = Store(tmp_path / "it's a folder")
    store.open(MANIFEST, resume=False)
    assert store.done() == set()
    store.add([row(3), row(2)])
    store.add([row(0), row(1)])
    store.add([row(1), row(3)])
    frame = store.frame()
    assert frame["case_index"].tolist() == [0, 1, 2, 3]
    assert frame["x"].tolist() == [0.0, 0.5, 1.0, 1.5]
    assert store.done() == {0, 1, 2, 3}


def test_any_parquet_reader_opens_the_folder(tmp_path):
    store = Store(tmp_path / "a")
    store.open(MANIFEST, resume=False)
    store.add([row(0, y=None), row(1, y=2.0)])
    store.add([row(2, y=None)])
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT sum(x), sum(y), count(*) FROM '{tmp_path}/a/*.parquet'").fetchone()
    assert found == (1.5, 2.0, 3)


def test_a_part_half_written_is_not_read(tmp_path):
    store = Store(tmp_path / "a")
    store.open(MANIFEST, resume=False)
    store.add([row(0)])
    (tmp_path / "a" / ".part-123.parquet.99").write_bytes(b"PAR1 half")
    assert store.done() == {0}
    Store(tmp_path / "a").open(MANIFEST, resume=True)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="something else"):
        Store(tmp_path).open(MANIFEST, resume=False)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path / "thesis.txt").open(MANIFEST, resume=False)


def test_results_are_not_overwritten_without_resume_nor_by_another_study(tmp_path):
    store = Store(tmp_path / "a")
    store.open(MANIFEST, resume=False)
    store.add([row(0)])
    with pytest.raises(InputError, match="Add --resume"):
        store.open(MANIFEST, resume=False)
    store.open(MANIFEST, resume=True)
    with pytest.raises(InputError, match="another study"):
        store.open({"study": "other"}, resume=True)
    (tmp_path / "a" / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="another study"):
        store.open(MANIFEST, resume=True)


def test_the_manifest_says_what_was_asked(tmp_path):
    Store(tmp_path / "a").open({**MANIFEST, "seed": 7}, resume=False)
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["seed"] == 7
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["manifest.json"]
