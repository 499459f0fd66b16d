"""One measurement after another: a load, a meter around it, a row of the table.

In: a server or a model, batch sizes, a meter. Out: rows of the measurement table.
Leaves out: starting a server; it must be up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wattscale.catalog import load_catalog
from wattscale.measure import server, synthetic
from wattscale.measure.meter import Meter, Window
from wattscale.measure.table import Measurement, measurement
from wattscale.workload.architecture import Architecture
from wattscale.workload.config import architecture_from_config, load_config
from wattscale.workload.describe import config_name
from wattscale.workload.models import named_architecture
from wattscale.workload.parameters import params_active, params_total

Said = Callable[[str], None]


class _Clock:
    """Opens and closes the meter's window when the load says so."""

    def __init__(self, meter: Meter | None) -> None:
        self.meter: Meter | None = meter
        self.window: Window | None = None

    def begin(self) -> None:
        if self.meter is not None:
            self.meter.begin()

    def end(self) -> None:
        if self.meter is not None:
            self.window = self.meter.end()

    def cells(self) -> dict[str, object]:
        if self.meter is None or self.window is None:
            return {}
        return {"gpu_model": self.meter.device, "num_gpus": self.meter.count, "avg_power_W": self.window.watts}


def measure_server(
    url: str, model: str, meter: Meter | None, batches: Sequence[int], input_tokens: int, output_tokens: int,
    seconds: float, warmup_s: float, facts: Mapping[str, str], say: Said = lambda _: None,
) -> list[Measurement]:  # fmt: skip
    """Measure a local model server at several numbers of clients.

    Args:
        url: Base address of an OpenAI-compatible server.
        model: Name the server knows the model by.
        meter: Power meter; None to measure speed alone.
        batches: Numbers of clients [1].
        input_tokens: Length of a prompt, about [token].
        output_tokens: Length of an answer [token].
        seconds: Length of each window [s].
        warmup_s: Time before it [s].
        facts: Further cells, such as precision and tp.
        say: Called before each point.

    Returns:
        One row per number of clients.

    Raises:
        InputError: The server does not answer.
    """
    rows = []
    for clients in batches:
        say(f"{clients} clients, {warmup_s + seconds:.0f} s")
        clock = _Clock(meter)
        load = server.run_load(
            url, model, clients, input_tokens, output_tokens, seconds, warmup_s, clock.begin, clock.end
        )
        found = {
            "model": model,
            "max_num_seqs": clients,
            "avg_batch_size": load.running,
            "avg_input_len": load.input_tokens,
            "avg_output_len": load.output_tokens,
            "output_tokens_per_s": load.tokens_per_s,
            "itl_or_tpot_mean_ms": load.tpot_ms or None,
            "ttft_mean_ms": 1000.0 * load.ttft_s or None,
            "runtime": "vLLM",
            "source": "wattscale measure",
        }
        rows.append(measurement({**found, **clock.cells(), **facts}))
    return rows


def measure_synthetic(
    model: str, meter: Meter, batches: Sequence[int], context: int, precision: str, seconds: float,
    facts: Mapping[str, str], say: Said = lambda _: None,
) -> list[Measurement]:  # fmt: skip
    """Measure decoding of a model of real sizes with random weights on one device.

    No input tokens are computed: the row says a prompt of one token and an answer whose mean context is that measured.

    Args:
        model: Catalogue name or config.json of a dense model.
        meter: Power meter.
        batches: Sequences decoded together [1].
        context: Tokens of each [token].
        precision: bf16, fp16 or fp32.
        seconds: Length of each window [s].
        facts: Further cells.
        say: Called before each point.

    Returns:
        One row per batch.

    Raises:
        InputError: No torch, or a model that is not dense.
    """
    config = load_config(model)
    arch = named_architecture(load_catalog(), model) if config is None else _of_config(config, model)
    rows = []
    for batch in batches:
        say(f"{batch} sequences of {context} tokens, {seconds:.0f} s")
        clock = _Clock(meter)
        done = synthetic.decode(arch, batch, context, precision, seconds, clock.begin, clock.end)
        found = {
            "model": arch.name,
            "params_total_B": params_total(arch) / 1e9,
            "params_active_B": params_active(arch) / 1e9,
            "precision": precision,
            "avg_batch_size": batch,
            "avg_input_len": 1,
            "avg_output_len": max(1, 2 * (context - 1)),
            "output_tokens_per_s": batch * done.steps / done.seconds,
            "itl_or_tpot_mean_ms": 1000.0 * done.seconds / done.steps,
            "runtime": done.runtime,
            "source": "wattscale measure",
        }
        rows.append(measurement({**found, **clock.cells(), "num_gpus": 1, **facts}))
    return rows


def _of_config(config: Mapping[str, object], model: str) -> Architecture:
    return architecture_from_config(config, config_name(model))
