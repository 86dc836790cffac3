"""Two releases on one kernel: who is compared, what a fix explains, and what chance may do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import kbfactory
from criukb.kb.base import KnowledgeBase
from criukb.stats.contrast import contrasts
from criukb.stats.measures import Measures
from criukb.stats.setups import setup_runs
from storefakes import many

Maker = Callable[..., Path]
KbMaker = Callable[..., KnowledgeBase]
FIX = {"side": "criu", "release": "4.2", "commit": "abcdef1", "subject": "synthetic fix"}


def test_the_samples(sample: Measures, make_kb: KbMaker) -> None:
    """Releases are compared within one set-up only: the run of another uid takes no part."""
    (found,) = contrasts(sample, make_kb(kbfactory.entry("rlimit-denied", "x", flake_class="criu-bug")))
    assert [(len(side.runs), side.rate.numerator, side.rate.denominator) for side in (found.old, found.new)] == [
        (2, 216, 1807),
        (2, 21, 2125),
    ]
    assert (found.pairs.only_old, found.pairs.only_new) == (142, 0)
    assert found.pairs.p_value < 1e-20
    assert found.worse


@pytest.mark.parametrize(
    ("fix", "kernel", "remedy"),
    [
        (FIX, ">=6.16", True),
        (FIX, "<6.10", False),  # a cause that this kernel cannot have
        (FIX | {"release": "4.1"}, ">=6.16", False),  # the old release has it already
        (FIX | {"release": "4.3"}, ">=6.16", False),  # the new release has it not yet
        (FIX | {"side": "kernel", "release": "6.19"}, ">=6.16", False),
    ],
)
def test_what_makes_the_newer_release_the_remedy(
    make_store: Maker, make_kb: KbMaker, fix: dict[str, str], kernel: str, *, remedy: bool
) -> None:
    """Only a fix of CRIU between the two releases, for a cause that this kernel can have."""
    kb = make_kb(kbfactory.entry("e", "x", flake_class="criu-bug", fixes=[fix], scope={"kernel": kernel}))
    store = make_store(many("old", 90, 10, "e", criu_version="4.1.1"), many("new", 99, 1, criu_version="4.2"))
    (found,) = contrasts(Measures(store), kb)
    assert (found.worse, found.is_remedy, found.ratio) == (True, remedy, pytest.approx(10))
    assert (found.extra, found.explained_extra, found.fixed) == ((10, 10, "4.2") if remedy else (10, 0, None))
    assert bool(found.kernel_newer) == remedy


def test_rates_not_counts_make_the_additional_failures(make_store: Maker, make_kb: KbMaker) -> None:
    """The new release ran twice as often: its failures count half."""
    old = many("old", 88, 12, "e", criu_version="4.1.1")
    new = [many(f"new{n}", 98, 2, "e", criu_version="4.2") for n in range(2)]
    (found,) = contrasts(Measures(make_store(old, *new)), make_kb(kbfactory.entry("e", "x", flake_class="criu-bug")))
    assert [(shift.old, shift.new, shift.extra) for shift in found.shifts] == [(12, 4, 10)]


def test_a_chance_difference_is_not_worse(make_store: Maker, make_kb: KbMaker) -> None:
    """Two of a hundred against one of a hundred shows nothing."""
    store = make_store(many("old", 98, 2, criu_version="4.1.1"), many("new", 99, 1, criu_version="4.2"))
    (found,) = contrasts(Measures(store), make_kb(kbfactory.entry("e", "x")))
    assert (found.worse, found.is_remedy) == (False, False)


def test_many_comparisons_are_corrected(make_store: Maker, make_kb: KbMaker) -> None:
    """Eight tests that fail under the old release only are a finding alone, and none among nine other comparisons."""
    shift = (many("old", 92, 8, criu_version="4.1.1"), many("new", 100, 0, criu_version="4.2"))
    same = [many(f"{n}{k}", 99, 1, criu_version=k, variant=f"uid {n}") for n in range(9) for k in ("4.1.1", "4.2")]
    kb = make_kb(kbfactory.entry("e", "x"))
    (alone,) = contrasts(Measures(make_store(*shift)), kb)
    assert (alone.q, alone.compared, alone.worse) == (alone.pairs.p_value, 1, True)
    found = contrasts(Measures(make_store(*shift, *same)), kb)
    (among,) = [one for one in found if one.variant == alone.variant]
    assert among.pairs.p_value == alone.pairs.p_value == pytest.approx(2 / 2**8)
    assert (among.q, among.compared, among.worse) == (pytest.approx(10 * 2 / 2**8), 10, False)


def test_runs_of_another_set_up_or_kernel_are_not_compared(make_store: Maker, make_kb: KbMaker) -> None:
    """Nor are runs of which kernel or release are not known."""
    store = make_store(
        many("a", 90, 10, criu_version="4.1.1", variant="uid 0"),
        many("b", 90, 10, criu_version="4.2", variant="uid 1"),
        many("c", 90, 10, criu_version="4.2", variant="uid 0", kernel="6.1"),
        many("d", 90, 10, criu_version="4.2", variant="uid 0", kernel=None),
        many("e", 90, 10, criu_version=None, variant="uid 0"),
        many("f", 90, 10, criu_version="4.2", variant="uid 0", arch=None),
    )
    assert contrasts(Measures(store), make_kb(kbfactory.entry("too-new", "x"))) == []


def test_a_run_that_was_set_up_badly_is_left_out(make_store: Maker, make_kb: KbMaker) -> None:
    """Forty failures for want of a capability say nothing about CRIU; one of them does no harm."""
    store = make_store(
        many("bad", 60, 40, "no-capability", criu_version="4.2", job="synthetic bad"),
        many("new", 99, 1, "no-capability", criu_version="4.2"),
        many("old", 98, 2, criu_version="4.1.1"),
    )
    measures = Measures(store)
    kb = make_kb(kbfactory.entry("no-capability", "x", flake_class="environment"))
    assert [(s.run.run_id, s.failures, s.cause) for s in setup_runs(measures, kb)] == [("bad", 40, "no-capability")]
    (found,) = contrasts(measures, kb)
    assert [run.run_id for run in found.new.runs] == ["new"]
