"""What each check lets through, and what it says of the rest."""

import numpy as np
import pytest

from gankit import checks


def test_what_is_right_passes():
    checks.check_choice("method", "linear", ("linear", "cubic"))
    for number in (1, np.int64(7)):
        checks.check_at_least_one("steps", number)
    for seed in (0, np.uint8(3)):
        checks.check_seed(seed)
    for value in (0, 0.5, 1):
        checks.check_fraction("share", value)
    checks.check_fraction("share", 0, "[0, 1)")
    checks.check_fraction("share", 1, "(0, 1]")


@pytest.mark.parametrize(
    ("check", "arguments", "error", "message"),
    [
        (checks.check_choice, ("a", 3, (1, 2)), ValueError, r"a must be one of \(1, 2\), got 3\."),
        (checks.check_at_least_one, ("a", 0), ValueError, "integer of at least 1, got 0"),
        (checks.check_at_least_one, ("a", 1.0), ValueError, r"integer of at least 1, got 1\.0"),
        (checks.check_at_least_one, ("a", True), ValueError, "integer of at least 1, got True"),
        (checks.check_seed, (-1,), ValueError, "seed must be 0 or more, got -1"),
        (checks.check_seed, (0.0,), TypeError, r"seed must be an integer, got 0\.0"),
        (checks.check_seed, (True,), TypeError, "seed must be an integer, got True"),
        (checks.check_fraction, ("a", -0.1), ValueError, r"a must lie in \[0, 1\], got -0\.1\."),
        (checks.check_fraction, ("a", 1.1), ValueError, r"got 1\.1"),
        (checks.check_fraction, ("a", float("nan")), ValueError, "got nan"),
        (checks.check_fraction, ("a", 1, "[0, 1)"), ValueError, r"must lie in \[0, 1\), got 1\."),
        (checks.check_fraction, ("a", 0, "(0, 1]"), ValueError, r"must lie in \(0, 1\], got 0\."),
    ],
)
def test_what_is_wrong_is_named(check, arguments, error, message):
    with pytest.raises(error, match=message):
        check(*arguments)


def test_similar_names_are_offered():
    names = {"hinge": 1, "minimax": 2}
    assert checks.did_you_mean("hing", names) == " Did you mean 'hinge'?"
    assert checks.did_you_mean("cifar", ["cifar10", "cifar100", "mnist"]) == (
        " Did you mean 'cifar10' or 'cifar100'?"
    )
    assert checks.did_you_mean("wasserstein", names) == ""
    assert checks.did_you_mean(7, names) == ""
