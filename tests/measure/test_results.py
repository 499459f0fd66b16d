"""Result files of other tools end in one table, and what is no measurement is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wattscale.errors import InputError
from wattscale.measure import read_results, table_csv
from wattscale.measure.results import joined
from wattscale.validation import validate

VLLM = {
    "date": "20260101-120000", "backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B-Instruct", "num_prompts": 500,
    "max_concurrency": 32, "duration": 60.0, "completed": 500, "total_input_tokens": 250_000,
    "total_output_tokens": 100_000, "request_throughput": 8.33, "output_throughput": 1666.7, "mean_ttft_ms": 90.0,
    "mean_tpot_ms": 18.0,
}  # fmt: skip
MLENERGY = {
    "model_id": "Qwen/Qwen3-14B", "task": "gpqa", "gpu_model": "H100", "num_gpus": 1, "max_num_seqs": 16,
    "avg_batch_size": 15.9, "avg_output_len": 7000.0, "output_throughput_tokens_per_sec": 400.0,
    "energy_per_token_joules": 1.1, "avg_power_watts": 440.0, "weight_precision": "bfloat16",
    "total_params_billions": 14.0, "activated_params_billions": 14.0, "tensor_parallel": 1, "is_stable": True,
}  # fmt: skip
EMISSIONS = (
    "timestamp,project_name,run_id,duration,emissions,cpu_power,gpu_power,gpu_energy,gpu_count,gpu_model\n"
    "2026-01-01T12:00:30,bench,a,30.0,0.001,50,400,0.0030,1,1 x NVIDIA H100 80GB HBM3\n"
    "2026-01-01T12:01:00,bench,a,60.0,0.002,50,410,0.0070,1,1 x NVIDIA H100 80GB HBM3\n"
)


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_vllm_gives_speed_lengths_and_running_sequences(tmp_path: Path) -> None:
    (row,) = read_results(written(tmp_path, "bench.json", VLLM), {"gpu_model": "H100"})
    assert row["model"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert (row["output_tokens_per_s"], row["avg_input_len"], row["avg_output_len"]) == ("1666.7", "500", "200")
    assert float(row["avg_batch_size"]) == pytest.approx(1666.7 * 0.018, rel=1e-4)
    assert row["derived_cells"] == "avg_batch_size"
    assert row["avg_power_W"] == ""


def test_vllm_lines_of_appended_results_are_read(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({**VLLM, "max_concurrency": n}) for n in (1, 8))
    rows = read_results(written(tmp_path, "bench.json", lines))
    assert [row["max_num_seqs"] for row in rows] == ["1", "8"]


def test_mlenergy_runs_are_read_from_list_csv_and_leaderboard_file(tmp_path: Path) -> None:
    text = ",".join(MLENERGY) + "\n" + ",".join(str(v) for v in MLENERGY.values()) + "\n"
    outer = {k: MLENERGY[k] for k in ("model_id", "task", "weight_precision", "total_params_billions")}
    inner = [{k: v for k, v in MLENERGY.items() if k not in outer}]
    files = [("runs.json", [MLENERGY]), ("runs.csv", text), ("board.json", {**outer, "configurations": inner})]
    found = [read_results(written(tmp_path, name, content))[0] for name, content in files]
    for row in found:
        assert (row["model"], row["avg_power_W"], row["energy_per_token_J"]) == ("Qwen/Qwen3-14B", "440", "1.1")


def test_mlenergy_runs_that_were_not_steady_are_left_out(tmp_path: Path) -> None:
    rows = read_results(written(tmp_path, "runs.json", [MLENERGY, {**MLENERGY, "is_stable": False}]))
    assert len(rows) == 1


def test_codecarbon_gives_the_mean_power_of_the_whole_run(tmp_path: Path) -> None:
    """Rows of one run hold totals since its start: 0.0070 kWh in 60 s are 420 W, not the sum of both rows."""
    (row,) = read_results(written(tmp_path, "emissions.csv", EMISSIONS))
    assert float(row["avg_power_W"]) == pytest.approx(420.0)
    assert row["gpu_model"] == "NVIDIA H100 80GB HBM3"


def test_codecarbon_without_a_gpu_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="measured no GPU"):
        read_results(written(tmp_path, "emissions.csv", EMISSIONS.replace("0.0030", "0").replace("0.0070", "0")))


def test_speed_of_one_tool_and_power_of_another_make_energy(tmp_path: Path) -> None:
    speed = read_results(written(tmp_path, "bench.json", VLLM))
    power = read_results(written(tmp_path, "emissions.csv", EMISSIONS))
    (row,) = joined([speed, power])
    assert float(row["energy_per_token_J"]) == pytest.approx(420.0 / 1666.7, rel=1e-4)
    with pytest.raises(InputError, match="different numbers of rows"):
        joined([speed, power * 2])


def test_facts_fill_gaps_and_never_replace_a_measured_cell(tmp_path: Path) -> None:
    path = written(tmp_path, "runs.json", [MLENERGY])
    (row,) = read_results(path, {"gpu_model": "B200", "avg_input_len": "150"})
    assert (row["gpu_model"], row["avg_input_len"]) == ("H100", "150")


def test_the_table_is_read_back_and_validated(tmp_path: Path) -> None:
    rows = read_results(written(tmp_path, "runs.json", [MLENERGY]))
    path = written(tmp_path, "measured.csv", table_csv(rows))
    assert read_results(path) == rows
    found = validate("inference", path)
    assert found["n"] == 1
    assert found["metrics"]["avg_power_W"]["median_ape"] < 0.5


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("x.json", '{"a": 1}', "no result file"),
        ("x.json", '{"a": ', "not valid JSON"),
        ("x.json", "[1, 2]", "not a table of keys"),
        ("x.csv", "a,b\n", "has no rows"),
        ("bench.json", json.dumps({**VLLM, "output_throughput": -3}), "not a measurement"),
        ("bench.json", json.dumps({**VLLM, "output_throughput": "fast"}), "not a number"),
    ],
)
def test_what_is_no_measurement_is_refused(tmp_path: Path, name: str, content: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_results(written(tmp_path, name, content))
    with pytest.raises(InputError, match="no such file"):
        read_results(tmp_path / "absent.json")
