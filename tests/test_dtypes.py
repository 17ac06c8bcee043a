"""Every dtype that a signature knows reaches C: as an array, as a number, and as an index."""

from __future__ import annotations

import numpy as np
import pytest

import gradc
from gradc.frontends.signature import DTYPES

WHOLE = [name for name in DTYPES if "int" in name]


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers(dtype: str) -> None:
    k = gradc.compile(
        "sum[i:n](x[at[i]] * m) + shift", f"x[d], at[n]:{dtype}, m:{dtype}, shift", wrt="x", name=f"f_{dtype}"
    )
    at = np.array([0, 2, 2], dtype=dtype)
    value, gradient = k.value_and_grad([1.0, 2.0, 4.0], at, 3, 0.5)
    assert value == 27.5
    np.testing.assert_array_equal(gradient, [3.0, 0.0, 6.0])


def test_truth_values() -> None:
    k = gradc.compile("sum(where(keep, x**2, 0))", "x[n], keep[n]:bool", wrt="x", name="kept")
    np.testing.assert_array_equal(k.grad([1.0, np.inf, 3.0], [True, False, True]), [2.0, 0.0, 6.0])


def test_single_beside_double() -> None:
    k = gradc.compile("sum(x * s)", "x[n], s[n]:float32", wrt="x", name="mixed")
    np.testing.assert_array_equal(k.grad(np.ones(2), np.array([0.5, 2], np.float32)), [0.5, 2.0])
