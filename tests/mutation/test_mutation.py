"""The mutants are what they say, and a mutant in place is what runs."""

import os
import sys
from pathlib import Path

import pytest
from mutants import STAGES, compiled, formula_modules, mutants_of
from mutate import all_mutants, equivalents, key, sample
from trials import PUBLISHED, ROOT, forked, swap, watchers


@pytest.mark.slow
def test_a_seed_draws_the_same_mutants_again():
    assert sample(20, 5) == sample(20, 5)
    assert sample(20, 5) != sample(20, 6)


@pytest.mark.slow
def test_every_stage_has_mutants_of_its_formulas_and_each_compiles():
    assert {m.stage for m in all_mutants()} == set(STAGES)
    for mutant in sample(60, 3):
        compiled(mutant)


@pytest.mark.slow
def test_mutants_that_change_nothing_are_named_with_a_reason_and_exist():
    known = {key(m) for m in all_mutants()}
    for name, reason in equivalents().items():
        assert name in known, f"no such mutant any more: {name}"
        assert len(reason) > 20, name


def test_every_file_of_published_numbers_belongs_to_a_stage():
    files = {path.name for path in (ROOT / "tests" / "published").glob("test_*.py")}
    assert files == {name for names in PUBLISHED.values() for name in names}


def test_words_for_people_defaults_and_compiled_loops_are_left_alone():
    for mutant in all_mutants(("facility", "economics")):
        assert "PlanWarning(" not in mutant.before
    assert "sweeps.py" not in {path.name for path in formula_modules("supply")}


def exit_code_of(work):
    """Run work in a fork, where a swap changes nothing for the tests after."""
    return forked(work, 60.0)


def test_a_swapped_function_is_swapped_wherever_it_was_imported():
    from wattscale.facility import annual, choice

    (mutant,) = (m for m in mutants_of(Path(annual.__file__)) if m.function == "itue" and m.after.startswith("1.0 * ("))

    def work():
        swap(mutant)
        return 0 if float(annual.itue(0.5)) == float(choice.itue(0.5)) == 0.5 else 1

    assert exit_code_of(lambda: 0 if float(choice.itue(0.5)) == 2.0 else 1) == 0
    assert exit_code_of(work) == 0


def test_a_swapped_constant_is_swapped_wherever_it_was_imported():
    from wattscale.compute import serving_work
    from wattscale.workload import memory

    (mutant,) = (m for m in mutants_of(Path(memory.__file__)) if m.function == "(module)" and m.after == "4.0")
    assert (mutant.before, serving_work.STATE_PASSES) == ("2.0", 2.0)

    def work():
        swap(mutant)
        return 0 if serving_work.STATE_PASSES == memory.STATE_PASSES == 4.0 else 1

    assert exit_code_of(work) == 0


def test_a_fork_that_never_ends_is_ended():
    def work():
        while True:
            pass

    assert forked(work, 0.2) is None


def test_a_mutant_is_held_against_the_tests_that_call_its_function():
    mutant = next(m for m in all_mutants(("facility",)) if m.function == "itue")
    seen = {"calls": {"a": ["annual.py:itue"], "b": ["annual.py:pue"]}, "seconds": {"a": 0.1, "b": 0.2}}
    assert watchers(mutant, seen) == {"a": 0.1}


@pytest.mark.slow
def test_a_changed_formula_is_noticed_and_an_unchanged_one_is_not(tmp_path):
    """The mutants of one loss, tried from start to end in a process of its own."""
    import subprocess

    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import trials; from pathlib import Path; from mutants import mutants_of\n"
        "trials.places = lambda stage: [str(trials.ROOT / 'tests/facility/test_building_by_hand.py')]\n"
        f"trials.KEPT = Path({str(tmp_path)!r})\n"
        "trials.load('facility'); seen = trials.look('facility', print)\n"
        "from wattscale.facility import electrical\n"
        "found = [m for m in mutants_of(Path(electrical.__file__)) if m.function == 'transformer_loss'][:2]\n"
        "ends = [trials.tried(m, seen) for m in found]\n"
        "trials.swap = lambda mutant: None\n"
        "sys.exit(0 if set(ends) == {'killed'} and trials.tried(found[0], seen) == 'survived' else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:]
