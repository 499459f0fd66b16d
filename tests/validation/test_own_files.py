"""Files of a user's own measurements: what cannot be read is refused or skipped with the reason, never a traceback."""

import csv

import pytest

from wattscale.errors import InputError
from wattscale.validation import KINDS, validate

CELLS = {
    "inference": {"model": "Nobody-1", "gpu_model": "H100", "params_total_b": "-1", "params_B": "-1"},
    "training-steps": {"accelerator": "H100", "params_B": "abc", "n_devices": "abc", "global_batch": "abc"},
    "pue": {"operator": "Nobody", "year": "abc", "lat": "abc", "lon": "abc"},
    "throughput": {"accelerator": "H100", "model": "Nobody-1", "params_total_b": "-1"},
}


def written(path, row):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_column_of_the_kind_is_refused(kind, tmp_path):
    with pytest.raises(InputError, match="none of the columns that tell"):
        validate(kind, written(tmp_path / "foreign.csv", {"a": "1", "b": "2"}))


@pytest.mark.parametrize("kind", CELLS)
def test_a_row_of_nonsense_is_skipped_with_the_reason(kind, tmp_path):
    found = validate(kind, written(tmp_path / "row.csv", CELLS[kind]))
    assert found["n"] == 0
    assert found["skipped"][0]["why"]


def test_a_folder_is_told_from_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        validate("pue", tmp_path)
