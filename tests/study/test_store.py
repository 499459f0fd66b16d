"""The folder of results."""

import json

import duckdb
import pytest

from wattscale.errors import InputError, WattscaleError
from wattscale.study.store import Store, case_id

MANIFEST = {"study": "abc"}


def row(index, **more):
    return {
        "case_index": index,
        "case_id": case_id("abc", index),
        "status": "done",
        "cause": "",
        "x": 0.5 * index,
        **more,
    }


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


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"wattscale": "0.9"}, r"another version of the package \(0\.9 there, 1\.0 here\)\. Choose"),
        ({"catalog": "old"}, r"another catalogue\. "),
        ({"contents": {"site.prices": "1", "site.carbon": "3"}}, r"another content of a file \(site\.prices\)\. "),
        ({"table": {}, "scenario": {}}, r"another study file, another scenario\. "),
        ({}, r"another study\. "),
    ],
)
def test_what_tells_two_studies_apart_is_named(tmp_path, there, words):
    here = {
        "study": "abc", "wattscale": "1.0", "catalog": "new", "contents": {"site.prices": "2", "site.carbon": "3"},
        "table": {"seed": 1}, "scenario": {"name": "x"},
    }  # fmt: skip
    Store(tmp_path).open({**here, **there, "study": "other"}, resume=False)
    with pytest.raises(InputError, match=words):
        Store(tmp_path).open(here, resume=True)


DAMAGE = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "one bit": lambda content: content[:70] + bytes([content[70] ^ 1]) + content[71:],
    "not Parquet": lambda content: b"PAR1 is not enough",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_part_is_told_and_its_cases_are_run_again(tmp_path, how):
    store, said = Store(tmp_path), []
    store.open(MANIFEST, resume=False)
    part = store.add([row(index, x=0.5 + index) for index in range(2)])
    store.add([row(2)])
    content = part.read_bytes()
    part.write_bytes(DAMAGE[how](content))
    assert part.read_bytes() != content
    with pytest.raises(InputError, match="Add --resume"):
        store.open(MANIFEST, resume=False)
    store.open(MANIFEST, resume=True, say=said.append)
    assert store.done() == {2}
    assert [f"damaged-{part.name}" in text for text in said] == [True]
    assert (tmp_path / f"damaged-{part.name}").exists()
    store.open(MANIFEST, resume=True, say=said.append)
    assert len(said) == 1


def test_a_part_of_another_study_is_not_counted(tmp_path):
    store, other, said = Store(tmp_path / "a"), Store(tmp_path / "b"), []
    store.open(MANIFEST, resume=False)
    other.open({"study": "other"}, resume=False)
    strange = other.add([{**row(0), "case_id": case_id("other", 0)}])
    strange.rename(tmp_path / "a" / strange.name)
    store.open(MANIFEST, resume=True, say=said.append)
    assert store.done() == set()
    assert "another study" in said[0]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"study": 3}', b"\xff\xfe", b"null", b"[" * 100_000, None])
def test_a_damaged_manifest_is_told_and_written_anew_where_the_results_are_of_this_study(tmp_path, text):
    store, path, said = Store(tmp_path), tmp_path / "manifest.json", []
    store.open({**MANIFEST, "seed": 7}, resume=False)
    store.add([row(0)])
    path.unlink() if text is None else path.write_bytes(text)
    with pytest.raises(InputError, match=r"damaged manifest\.json|something else"):
        store.open(MANIFEST, resume=False)
    with pytest.raises(InputError, match="not of this study"):
        store.open({"study": "other"}, resume=True)
    store.open({**MANIFEST, "seed": 7}, resume=True, say=said.append)
    assert store.done() == {0}
    assert json.loads(path.read_text())["seed"] == 7
    assert "damaged" in said[0]


def test_a_part_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.open(MANIFEST, resume=False)

    def full(staged, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wattscale.study.store.os.replace", full)
    with pytest.raises(WattscaleError, match="No space left"):
        store.add([row(0)])
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_the_manifest_says_what_was_asked(tmp_path):
    Store(tmp_path / "a").open({**MANIFEST, "seed": 7}, resume=False)
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["seed"] == 7
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["manifest.json"]
