"""How many devices a run takes for its days, sizes guessed from a count of weights, and engines in proportion."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wattscale.compute import training_run
from wattscale.compute.serving_pods import _proportion
from wattscale.compute.training_run import _first_fast_enough, devices_for_days
from wattscale.compute.training_sizes import guess_layers, shape_from_sizes, table_params
from wattscale.errors import InfeasibleError

TOKENS = 1000.0


class Speedy:
    """A trainer whose run takes 1,000 days over its devices; fewer than `least` hold nothing, whole replicas only."""

    def __init__(self, batch: float = 4.0, least: int = 1, replica: int = 1, most: int = 10**9, flops: float = 1e-9):
        self.batch, self.least, self.replica, self.most = batch, least, replica, most
        self.shape, self.machine = SimpleNamespace(model_flops=flops), SimpleNamespace(peak_flops=1.0)
        self.asked: list[int] = []

    def run(self, devices: int) -> object:
        self.asked.append(devices)
        if devices < max(self.least, self.replica):
            raise InfeasibleError("does not fit", where="x", value=devices)
        used = devices // self.replica * self.replica
        days = 1000.0 / min(used, self.most)
        return SimpleNamespace(devices=devices, best=SimpleNamespace(devices=used), days=lambda tokens: days)


def test_the_search_grows_by_three_tenths_and_one_until_it_is_fast_enough() -> None:
    """1, 3 (2.3 up), 5 (3.9), 8 (6.5), 12 (10.4), 17 (15.6), ...: 100 devices are 10 days."""
    trainer = Speedy()
    found, low = _first_fast_enough(trainer, TOKENS, 100.0, 1)  # type: ignore[arg-type]
    assert trainer.asked == [1, 3, 5, 8, 12]
    assert (found.devices, low) == (12, 8)
    found, low = _first_fast_enough(Speedy(), TOKENS, 2000.0, 1)  # type: ignore[arg-type]
    assert (found.devices, low) == (1, 0), "the first will do, and none is fewer"
    trainer = Speedy(batch=4.0)
    _first_fast_enough(trainer, TOKENS, 100.0, 50)  # type: ignore[arg-type]
    assert trainer.asked[0] == 4, "it begins with no more than a device for each sequence of the batch"


def test_the_fewest_devices_are_found_between_the_last_two() -> None:
    assert devices_for_days(Speedy(), TOKENS, 100.0).devices == 10  # type: ignore[arg-type]
    assert devices_for_days(Speedy(), TOKENS, 91.0).devices == 11  # type: ignore[arg-type]
    assert devices_for_days(Speedy(least=20), TOKENS, 100.0).devices == 20  # type: ignore[arg-type]
    # Replicas of 8: 16 devices do it in 62.5 days, and none more is held.
    assert devices_for_days(Speedy(replica=8, batch=4000.0), TOKENS, 70.0).devices == 16  # type: ignore[arg-type]


def test_devices_that_no_replica_takes_are_given_back_where_the_rest_is_fast_enough() -> None:
    """Replicas of 9: 277 of them, 2,493 devices, do it; the search ends within a thousandth of that, at 2,494."""
    trainer = Speedy(replica=9, batch=4000.0)
    assert devices_for_days(trainer, TOKENS, 1000 / 2493 * (1 + 1e-7)).devices == 2493  # type: ignore[arg-type]
    assert trainer.asked[-2:] == [2494, 2493]


@pytest.mark.parametrize("least", [1, 10])
def test_devices_are_kept_where_the_rest_alone_is_too_slow_or_holds_nothing(least: int) -> None:
    """A tenth device that no replica takes still makes the run 100 days: nine would take 111, or hold nothing."""

    class Spare(Speedy):
        def run(self, devices: int) -> object:
            found = super().run(devices)
            return SimpleNamespace(devices=devices, best=SimpleNamespace(devices=devices - 1), days=found.days)  # type: ignore[attr-defined]

    assert devices_for_days(Spare(least=least), TOKENS, 100.0).devices == 10  # type: ignore[arg-type]


def test_the_search_ends_at_1024_devices_a_sequence() -> None:
    """From one device its steps come to 7,171, three more than 7 sequences allow, and to 45,024 of 45,056 for 44."""
    steps = [1]
    while steps[-1] < 50_000:
        steps.append(-(-steps[-1] * 13 // 10) + 1)
    assert {7171, 45_024} <= set(steps)
    for batch in (7, 44):
        trainer = Speedy(batch=batch - 0.5, least=10**9)
        with pytest.raises(InfeasibleError):
            _first_fast_enough(trainer, TOKENS, 10.0, 1)  # type: ignore[arg-type]
        assert trainer.asked == [n for n in steps if n <= 1024 * batch]


def test_the_search_begins_where_the_peak_would_be_reached() -> None:
    """864,000 FLOP a token, 1,000 tokens at one FLOP/s a device: a hundred devices could not do it before 100 days."""
    trainer = Speedy(batch=4000.0, flops=864_000.0)
    devices_for_days(trainer, TOKENS, 100.0)  # type: ignore[arg-type]
    assert trainer.asked[0] == 100


def test_a_run_that_is_never_fast_enough_says_how_fast_it_gets() -> None:
    """Beyond 50 devices nothing gains: 20 days."""
    with pytest.raises(InfeasibleError, match="no number of devices trains this fast") as told:
        _first_fast_enough(Speedy(most=50), TOKENS, 10.0, 1)  # type: ignore[arg-type]
    assert told.value.allowed == ">= 20 days"
    trainer = Speedy(batch=1.5, least=10**9)
    with pytest.raises(InfeasibleError, match="fits on no number of devices"):
        _first_fast_enough(trainer, TOKENS, 10.0, 1)  # type: ignore[arg-type]
    most = 2 * training_run.MOST_DEVICES_PER_SEQUENCE
    assert most / 1.4 < trainer.asked[-1] <= most, "up to 1,024 for each of two sequences"


@pytest.mark.parametrize(("params", "layers"), [(12 * 128**2, 1), (12 * 128**2 * 27, 3), (12 * 128**2 * 32**3, 32), (1, 1)])  # fmt: skip  # noqa: E501
def test_layers_of_a_size(params: float, layers: int) -> None:
    """12 L (128 L)^2 weights."""
    assert guess_layers(params) == layers


def test_tables_of_words_and_places_by_what_is_left_for_the_layers() -> None:
    """2 layers of width 10: 2,400. A table of 50 words is 500, once or twice, or once with 30 places of 300."""
    assert table_params(2400 + 1000, 2, 10, 50, 30) == (1000, 0.0)
    assert table_params(2400 + 500, 2, 10, 50, 30) == (500, 0.0)
    assert table_params(2400 + 800, 2, 10, 50, 30) == (500, 300)


def test_a_shape_of_published_sizes() -> None:
    """2 layers of width 10, 2,900 weights with a tied table of 50 words, sequences of 30, 4 heads not fused."""
    found = shape_from_sizes(2900, layers=2, d_model=10, vocab=50, sequence_length=30, unfused_heads=4.0)
    assert found.linear_flops == 2 * 2400
    assert found.attention_flops == 2 * 2 * 10 * 30
    assert found.head_flops == 2 * 50 * 10
    assert (found.params_dense, found.params_expert, found.params_embedding) == (2400, 0, 500)
    assert found.kv_elements == 2 * 2 * 10
    assert (found.moe_layers, found.experts_per_token, found.score_elements) == (0, 0, 120)


def test_a_mixture_of_published_sizes() -> None:
    """Of 2,400 active weights 4 x 2 x 10^2 = 800 are attention's; all others of 10,000 are experts'."""
    found = shape_from_sizes(10_500, 2900, layers=2, d_model=10, vocab=50, sequence_length=30, experts=True)
    assert found.linear_flops == 2 * 2400
    assert (found.params_dense, found.params_expert, found.params_embedding) == (800, 9200, 500)
    assert (found.moe_layers, found.experts_per_token) == (2, 2)
    thin = shape_from_sizes(5000, 900, layers=2, d_model=10, vocab=50, sequence_length=30, experts=True)
    # The table is at most half of 900, and attention no more than what is left.
    assert (thin.params_embedding, thin.params_dense, thin.params_expert) == (450, 450, 4100)
    guessed = shape_from_sizes(12 * 128**2 * 27 + 2 * 50_000 * 384)
    assert (guessed.layers, guessed.d_model, guessed.vocab) == (6, 768, 50_000)


@pytest.mark.parametrize(
    ("rate", "chosen"),
    [
        (1.0, (1, 1)),  # 4 devices that decode and 2 for input serve one a second.
        (0.5, (2, 1)),  # Two that decode share one for input: 5 devices each against 6.
        (0.125, (5, 1)),  # Eight would need 4.25 each; five need 4.4, within a twentieth of it, and four 4.5.
        (1.5, (2, 3)),  # 4 + 3 against 4 + 4.
        (0.01, (5, 1)),  # A hundred would share one, but a group has eight at most.
    ],
)
def test_engines_for_input_in_proportion_to_those_that_decode(rate: float, chosen: tuple[int, int]) -> None:
    first = SimpleNamespace(requests_per_s=1.0, layout=SimpleNamespace(devices=2))
    assert _proportion(4, rate, first) == chosen  # type: ignore[arg-type]


def test_a_group_has_eight_engines_that_decode_at_most() -> None:
    """Of one device each, beside one of eight for input: two a request with eight, 2.14 with seven, 1.9 with nine."""
    first = SimpleNamespace(requests_per_s=1.0, layout=SimpleNamespace(devices=8))
    assert _proportion(1, 0.01, first) == (8, 1)  # type: ignore[arg-type]


def test_large_counts_are_found_to_a_thousandth() -> None:
    """From 1,500 on 1,951 are too few and 2,538 enough: 2,244, 2,097, 2,024, 1,987, 2,005, 1,996, 2,000 and 1,998.

    Two of 2,000 apart is a thousandth, though 1,999 would be enough, too.
    """
    trainer = Speedy(batch=4000.0, flops=1500.5 * 86_400 / 1999)
    assert devices_for_days(trainer, TOKENS, 1000 / 1999 * (1 + 1e-7)).devices == 2000  # type: ignore[arg-type]
    assert trainer.asked == [1500, 1951, 2538, 2244, 2097, 2024, 1987, 2005, 1996, 2000, 1998, 2000]


def test_the_search_begins_with_one_device_at_least() -> None:
    """A run of next to no work asks for less than one; so does a batch of less than a sequence."""
    trainer = Speedy()
    assert devices_for_days(trainer, TOKENS, 1000.0).devices == 1  # type: ignore[arg-type]
    assert trainer.asked == [1, 1]
