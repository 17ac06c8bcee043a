"""Second derivatives built ahead of time by `gradc build --with`: imported without gradc, with SciPy and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy

import gradc
from test_artefact_end_to_end import bare, run_bare

__all__ = ["bare"]  # the fixture: NumPy and cffi

LOSSES = """\
import numpy as np
import gradc

@gradc.kernel("w[d], X[n,d], y[n], lam", wrt="w")
def logistic(w, X, y, lam):
    return np.mean(np.log(1 + np.exp(-y * (X @ w)))) + lam / 2 * np.dot(w, w)

@gradc.kernel("x[n]", wrt="x")
def chain(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

@gradc.kernel("U[m,k], V[p,k], u[n]:int64, v[n]:int32, y[n]", wrt=("U", "V"))
def factors(U, V, u, v, y):
    return np.sum((np.sum(U[u] * V[v], axis=1) - y) ** 2) / 2

@gradc.kernel("a[m], g[n]:int64, t[n]", wrt="a")
def groups(a, g, t):
    return a[g] * np.exp(t)
"""
NAMES = "hessian,hvp,jacobian,gauss_newton,value_grad_hessian,hessian_diagonal,hessian_dense"
FACTORS = {"U": np.arange(6.0).reshape(3, 2), "V": np.arange(8.0).reshape(4, 2) - 3, "y": np.arange(5.0)}


@pytest.fixture(scope="module", params=["float64", "float32"])
def built(request: Any, tmp_path_factory: Any) -> Path:
    place: Path = tmp_path_factory.mktemp("derivatives")
    (place / "losses_of_a_user.py").write_text(LOSSES)
    words = [sys.executable, "-m", "gradc.cli", "build", "losses_of_a_user.py", "-o", "made", "--with", NAMES]
    words += ["--dtype", request.param]
    done = subprocess.run(words, cwd=place, check=True, capture_output=True, text=True)
    assert "groups/, without hessian, hvp, value_grad_hessian, hessian_diagonal, hessian_dense" in done.stdout
    (place / "made" / "dtype").write_text(request.param)
    return place / "made"


@pytest.fixture(scope="module")
def with_scipy(bare: Path, tmp_path_factory: Any) -> Path:
    """NumPy, cffi and SciPy."""
    place: Path = tmp_path_factory.mktemp("with_scipy")
    packages = [*bare.iterdir(), Path(scipy.__file__).parent, Path(scipy.__file__).parent.parent / "scipy.libs"]
    for package in packages:
        if package.exists():
            (place / package.name).symlink_to(package)
    return place


def test_what_is_dense_needs_no_scipy(bare: Path, built: Path) -> None:
    dtype = (built / "dtype").read_text()
    said = run_bare(
        bare,
        built,
        f"""
        import numpy as np
        import chain, factors, logistic
        dtype = np.dtype({dtype!r})
        w, X, y = (np.arange(k, dtype=dtype).reshape(s) / 7 for k, s in ((3, (3,)), (12, (4, 3)), (4, (4,))))
        H = logistic.hessian(w, X, y, 0.5)
        assert H.shape == (3, 3) and H.dtype == dtype
        assert np.array_equal(logistic.value_grad_hessian(w, X, y, 0.5)[2], H)
        v = np.ones(3, dtype)
        assert np.allclose(logistic.hvp(w, X, y, 0.5, v), H @ v, rtol=1e-5)
        assert np.allclose(logistic.hessian_diagonal(w, X, y, 0.5), np.diag(H), rtol=1e-5)
        refill = logistic.hessian.bind(X=X, y=y, lam=0.5, out=H)
        assert refill(w + 1) is H
        x = np.ones(4, dtype)
        dense = chain.hessian_dense(x)
        assert dense.shape == (4, 4) and dense[0, 0] == 802 and dense[0, 1] == -400 and dense[0, 2] == 0
        try:
            chain.hessian(x)
        except ImportError as error:
            print("SciPy" in str(error))
        print(logistic.hessian.workspace_bytes(n=4, d=3) >= 0)
        """,
    )
    assert said.split() == ["True", "True"]


def test_what_is_sparse_is_the_same_as_in_this_process(with_scipy: Path, built: Path, tmp_path: Path) -> None:
    dtype = (built / "dtype").read_text()
    u, v = np.array([0, 1, 2, 0, -1]), np.array([0, 0, 3, 1, 2], np.int32)
    kernel = gradc.compile(
        "sum((sum(U[u] * V[v], axis=1) - y)**2) / 2", "U[m,k], V[p,k], u[n]:int64, v[n]:int32, y[n]", wrt=("U", "V"),
        dtype=dtype,
    )  # fmt: skip
    given = {name: array.astype(dtype) for name, array in FACTORS.items()}
    table = kernel.hessian(given["U"], given["V"], u, v, given["y"])
    moved = kernel.hessian(given["U"], given["V"], u[::-1].copy(), v, given["y"])
    expected = {f"h{p}{q}": block.toarray() for p, row in enumerate(table) for q, block in enumerate(row)}
    expected |= {f"m{p}{q}": block.toarray() for p, row in enumerate(moved) for q, block in enumerate(row)}
    np.savez(tmp_path / "data.npz", u=u, v=v, **given, **expected)
    said = run_bare(
        with_scipy,
        built,
        f"""
        import importlib.util
        import numpy as np
        import chain, factors, groups
        assert importlib.util.find_spec("gradc") is None
        data = np.load({str(tmp_path / "data.npz")!r})
        U, V, u, v, y = (data[name] for name in ("U", "V", "u", "v", "y"))
        def same(table, letter):
            for p in (0, 1):
                for q in (0, 1):
                    assert np.allclose(table[p][q].toarray(), data[f"{{letter}}{{p}}{{q}}"], rtol=1e-5)
        table = factors.hessian(U, V, u, v, y)
        assert table[0][0].format == "bsr" and table[0][1].blocksize == (2, 2)
        same(table, "h")
        same(factors.hessian(U, V, u[::-1].copy(), v, y), "m")
        refill = factors.hessian.bind(u=u, v=v, y=y, out=table)
        refill(2 * U, V)
        refill(U, V)
        same(table, "h")
        x = np.ones(200, U.dtype)
        H = chain.hessian(x)
        assert H.format == "dia" and H.nnz == 598
        assert chain.hessian.bind(out=H)(2 * x) is H
        assert H.toarray()[1, 1] == 1200 * 4 - 400 * 2 + 202, H.toarray()[1, 1]
        J = groups.jacobian(np.ones(3, U.dtype), np.array([0, 2, 1, 2]), np.zeros(4, U.dtype))
        assert J.format == "csr" and J.indices.tolist() == [0, 2, 1, 2]
        JtJ, Jtr = groups.gauss_newton(np.ones(3, U.dtype), np.array([0, 2, 1, 2]), np.zeros(4, U.dtype))
        assert np.array_equal(JtJ.toarray(), np.diag([1, 1, 2]))
        try:
            factors.hessian(U, V, u + 9, v, y)
        except Exception as error:
            print(type(error).__name__)
        """,
    )
    assert said.split() == ["IndexRangeError"]


def test_the_header_declares_them(built: Path) -> None:
    header = (built / "factors.h").read_text()
    for name in ("hessian", "hessian_places", "hvp", "jacobian", "gauss_newton", "value_grad_hessian"):
        assert f"int factors_{name}(" in header
    assert "int64_t *GRADC_RESTRICT place0" in header
    stub = (built / "factors" / "__init__.pyi").read_text()
    assert "hessian: _hessian" in stub
    assert "places" not in stub
    assert "slots" not in stub


def test_a_name_that_is_no_derivative(tmp_path: Path) -> None:
    (tmp_path / "losses.py").write_text(LOSSES)
    words = [sys.executable, "-m", "gradc.cli", "build", "losses.py", "-o", "made", "--with", "hessian,hesse"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "'hesse'" in done.stderr
    assert not (tmp_path / "made").exists()
