"""Reading of a user's input-output table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.impact.input_output import effects
from wattscale.impact.io_table import economy_files, read_economy
from wattscale.scenario.impact import ImpactTable

SECTORS = [("R", "farm"), ("R", "plant")]


def write_table(folder, rows, table, header=2, index=2, row_names=("region", "sector")):
    lines = [
        "\t".join([word, *[""] * (index - 1), *(s[i] for s in SECTORS)]) for i, word in enumerate(("region", "sector"))
    ]
    lines.append("\t".join([*row_names, *[""] * len(SECTORS)]))
    lines += ["\t".join([*name, *(str(x) for x in values)]) for name, values in rows]
    folder.mkdir(exist_ok=True)
    (folder / f"{table}.txt").write_text("\n".join(lines) + "\n")
    files = {table: {"name": f"{table}.txt", "nr_index_col": str(index), "nr_header": str(header)}}
    (folder / "file_parameters.json").write_text(json.dumps({"files": files}))


@pytest.fixture
def table(tmp_path):
    write_table(tmp_path, [(SECTORS[0], (0.2, 0.1)), (SECTORS[1], (0.3, 0.4))], "A")
    write_table(tmp_path / "labour", [(("Total",), (0.01, 0.02))], "S", index=1, row_names=("kind",))
    write_table(tmp_path / "income", [(("Value Added",), (0.5, 0.5))], "S", index=1, row_names=("kind",))
    return tmp_path


def test_a_table_in_the_format_of_pymrio_is_read(table):
    economy = read_economy(table, "labour/Total", "income/Value Added", jobs_factor=1000.0)
    assert economy.sectors == ("R: farm", "R: plant")
    assert economy.jobs_per_musd.tolist() == [10.0, 20.0]
    found = effects(economy, np.array([0.0, 1e6]))
    # (I - A)^-1 of ((0.8, -0.1), (-0.3, 0.6)): det 0.45, second column (0.1, 0.8) / 0.45.
    assert (found["direct"].jobs + found["indirect"].jobs) == pytest.approx([10 * 0.1 / 0.45, 20 * 0.8 / 0.45])


@pytest.fixture
def with_households(table):
    rows = "\t".join(["region", "", "R", "R"]), "\t".join(["category", "", "homes", "state"])
    lines = [*rows, "region\tsector\t\t", "R\tfarm\t30.0\t5.0", "R\tplant\t10.0\t50.0"]
    (table / "Y.txt").write_text("\n".join(lines) + "\n")
    files = json.loads((table / "file_parameters.json").read_text())
    files["files"]["Y"] = {"name": "Y.txt", "nr_index_col": "2", "nr_header": "2"}
    (table / "file_parameters.json").write_text(json.dumps(files))
    return table


def test_households_of_the_table_buy_what_their_final_demand_says(with_households):
    economy = read_economy(with_households, "labour/Total", "income/Value Added", 1.0, "income/Value Added", "homes")
    assert economy.wage_share.tolist() == [0.5, 0.5]
    assert economy.consumption.tolist() == [0.75, 0.25]
    found = effects(economy, np.array([1e6, 0.0]), 0.4)
    # Output of a million on the farm: L e1 = (0.6, 0.3) / 0.45 = (4/3, 2/3) million; households earn a million of the
    # two and spend 0.4 of it: 1 / (1 - k) rounds of L (0.3, 0.1), k = 0.2 x sum of L (0.75, 0.25).
    leontief = np.array([[0.6, 0.1], [0.3, 0.8]]) / 0.45
    k = 0.2 * float((leontief @ [0.75, 0.25]).sum())
    expected = 0.4 / (1.0 - k) * 1e6 * (leontief @ [0.75, 0.25])
    assert found["induced"].output_usd == pytest.approx(expected, rel=1e-9)


def test_a_final_demand_that_is_not_there_is_refused_with_those_that_are(with_households):
    with pytest.raises(InputError, match="homes, state"):
        read_economy(with_households, "labour/Total", "income/Value Added", 1.0, "income/Value Added", "houses")


def test_households_without_final_demand_in_the_folder_are_refused(table):
    with pytest.raises(InputError, match="Y"):
        read_economy(table, "labour/Total", "income/Value Added", 1.0, "income/Value Added", "homes")


def test_a_row_that_is_not_there_is_refused_with_the_nearest_word(table):
    with pytest.raises(InputError, match="Total"):
        read_economy(table, "labour/Totals", "income/Value Added")


def test_a_folder_without_coefficients_is_refused(tmp_path):
    with pytest.raises(InputError, match="save_all"):
        read_economy(tmp_path, "labour/Total", "income/Value Added")


def test_a_list_that_names_a_file_elsewhere_is_refused_also_when_contents_are_hashed(table):
    """Its place could not be told from the folder, which ended in a traceback."""
    listed = {"A": {"name": "/elsewhere/A.txt", "nr_index_col": "2", "nr_header": "2"}}
    (table / "file_parameters.json").write_text(json.dumps({"files": listed}))
    scenario = ImpactTable(input_output=str(table / "file_parameters.json"), input_output_jobs="labour/Total")
    assert not any("elsewhere" in str(p) for p in economy_files(scenario).values())
    with pytest.raises(InputError, match="does not describe the table A"):
        read_economy(table, "labour/Total", "income/Value Added")
