"""Train on scikit-learn's digits with kernels built ahead of time: ``make demo``.

1. ``gradc build`` compiles the losses of `losses.py`; the modules are imported, as a program without gradc would.
2. Multinomial logistic regression by L-BFGS; a two-layer network by gradient descent and by Adam. Every forward pass,
   loss and backward pass is a compiled kernel.
3. The gradient is checked, a step is timed beside the same in NumPy, and the curves are drawn to demo-output/.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
HIDDEN = 64
RIDGE = 1e-3
ADAM = {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}  # Kingma and Ba, 2015, with a larger rate

console = Console(highlight=False)


class Data(NamedTuple):
    """Samples and classes, to train on and held back."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any


class Curve(NamedTuple):
    """What a run gave: the loss and the held-back accuracy at each step, and the seconds of all its steps."""

    name: str
    losses: list[float]
    accuracies: list[float]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="where everything goes")
    parser.add_argument("--steps", type=int, default=300, help="of each run")
    parser.add_argument("--rounds", type=int, default=60, help="timings of each step")
    options = parser.parse_args()

    kernels = options.output / "kernels"
    console.rule("1. build the losses ahead of time")
    build(kernels)
    sys.path[:0] = [str(kernels.resolve()), str(HERE)]
    data = load()

    console.rule("2. check the gradients")
    check(data)

    console.rule("3. train")
    samples, features = data.X.shape
    console.print(
        f"digits: {samples} samples of {features} features to train on, {len(data.y_test)} held back, 10 classes"
    )
    curves = [
        train_linear(data, options.steps),
        train_network("gradient descent", data, options.steps),
        train_network("Adam", data, options.steps),
    ]
    report(curves)

    console.rule("4. time a step beside NumPy")
    times = compare(data, options.rounds)

    path = options.output / "training.png"
    draw(curves, times, path)
    console.print(f"\nthe training curves are in {path}")


# --- the parts --------------------------------------------------------------------------------------------------------


def build(directory: Path) -> None:
    words = ["-m", "gradc.cli", "build", str(HERE / "losses.py"), "-o", str(directory)]
    console.print(f"$ gradc build {HERE.name}/losses.py -o {directory}")
    if subprocess.run([sys.executable, *words]).returncode:
        raise SystemExit(1)


def load() -> Data:
    X, y = load_digits(return_X_y=True)
    X = X / 16 - X.mean() / 16  # gray levels come from 0 to 16
    X, X_test, y, y_test = train_test_split(X, y.astype(np.int64), test_size=0.25, random_state=0, stratify=y)
    return Data(np.ascontiguousarray(X), y, np.ascontiguousarray(X_test), y_test)


def check(data: Data) -> None:
    """Three ways to the same derivative; and the built modules give what kernels in this process give."""
    import gradc

    losses = importlib.import_module("losses")
    for name, start in (("softmax_regression", linear_start()), ("two_layer", network_start())):
        kernel, module = getattr(losses, name), importlib.import_module(name)
        # Gradients of weights by pixels that are always white are 0: away from the start it says more.
        rng = np.random.default_rng(1)
        point = [p + 0.1 * rng.standard_normal(p.shape) for p in start]
        arguments = (*point, data.X, data.y, RIDGE)
        result = gradc.check_grad(kernel, *arguments)
        table = Table("argument", "reverse", "forward", "differences", "± its error", title=name, title_justify="left")
        for row in result.rows:
            table.add_row(
                row.argument,
                f"{row.reverse:.11f}",
                f"{row.forward:.11f}",
                f"{row.central:.11f}",
                f"{row.error:.0e}",
            )
        console.print(table)
        built, here = module.value_and_grad(*arguments), kernel.value_and_grad(*arguments)
        same = all(np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(built[1], here[1], strict=True))
        if not (result.ok and same and np.isclose(built[0], here[0], rtol=1e-12)):
            console.print(f"[red]the gradient of {name} is wrong")
            raise SystemExit(1)
    console.print("the three agree, and so do the built modules and the kernels of this process")


def linear_start() -> list[Any]:
    return [np.zeros((64, 10)), np.zeros(10)]


def network_start() -> list[Any]:
    rng = np.random.default_rng(0)
    # Glorot and Bengio's scale, 2010: variance 2 / (inputs + outputs).
    weights = [rng.standard_normal((a, b)) * np.sqrt(2 / (a + b)) for a, b in ((64, HIDDEN), (HIDDEN, 10))]
    return [weights[0], np.zeros(HIDDEN), weights[1], np.zeros(10)]


def train_linear(data: Data, steps: int) -> Curve:
    """L-BFGS wants one vector: the kernel's arguments and gradients are views of it."""
    loss, logits = importlib.import_module("softmax_regression"), importlib.import_module("softmax_regression_logits")
    fused = loss.value_and_grad.bind(X=data.X, y=data.y, lam=RIDGE)
    seconds, gradient = [0.0], np.empty(650)
    into = (None, (gradient[:640].reshape(64, 10), gradient[640:]))
    last: dict[str, float] = {}

    def objective(theta: Any) -> tuple[float, Any]:
        begin = perf_counter()
        value, _ = fused(theta[:640].reshape(64, 10), theta[640:], out=into)
        seconds[0] += perf_counter() - begin
        last["value"] = value
        return value, gradient

    with watching("logistic, L-BFGS", steps) as (record, curve):

        def after(theta: Any) -> None:
            record(last["value"], accuracy(logits.value(theta[:640].reshape(64, 10), theta[640:], data.X_test), data))

        scipy.optimize.minimize(
            objective, np.zeros(650), jac=True, method="L-BFGS-B", callback=after, options={"maxiter": steps}
        )
    return curve(seconds[0])


def train_network(method: str, data: Data, steps: int) -> Curve:
    """Gradient descent through the forward and the backward kernel; Adam through the fused one."""
    loss, logits = importlib.import_module("two_layer"), importlib.import_module("two_layer_logits")
    weights, seconds = network_start(), 0.0
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    with watching(f"two layers, {method}", steps) as (record, curve):
        for step in range(1, steps + 1):
            arguments = (*weights, data.X, data.y, RIDGE)
            begin = perf_counter()
            if method == "Adam":
                value, gradients = loss.value_and_grad(*arguments)
            else:
                value, *residuals = loss.forward(*arguments)
                gradients = loss.backward(*arguments, *residuals, 1.0)
            seconds += perf_counter() - begin
            for w, g, m, v in zip(weights, gradients, first, second, strict=True):
                if method == "Adam":
                    m += (1 - ADAM["beta1"]) * (g - m)
                    v += (1 - ADAM["beta2"]) * (g**2 - v)
                    unbiased = v / (1 - ADAM["beta2"] ** step)
                    w -= ADAM["rate"] * m / (1 - ADAM["beta1"] ** step) / (np.sqrt(unbiased) + ADAM["eps"])
                else:
                    w -= 0.5 * g
            record(value, accuracy(logits.value(*weights, data.X_test), data))
    return curve(seconds)


def accuracy(logits: Any, data: Data) -> float:
    return float(np.mean(np.argmax(logits, axis=1) == data.y_test))


class watching:  # noqa: N801 - reads as a verb: with watching(...)
    """A bar with loss and accuracy; gives a function that records a step, and one that makes the curve."""

    def __init__(self, name: str, steps: int) -> None:
        self.name, self.losses, self.accuracies = name, list[float](), list[float]()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  held back {task.fields[accuracy]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.progress.add_task(name, total=steps, loss="", accuracy="")

    def record(self, loss: float, accuracy: float) -> None:
        self.losses.append(loss)
        self.accuracies.append(accuracy)
        self.progress.update(self.task, advance=1, loss=f"{loss:.4f}", accuracy=f"{accuracy:.1%}")

    def curve(self, seconds: float) -> Curve:
        return Curve(self.name, self.losses, self.accuracies, seconds)

    def __enter__(self) -> tuple[Callable[[float, float], None], Callable[[float], Curve]]:
        self.progress.start()
        return self.record, self.curve

    def __exit__(self, *exception: object) -> None:
        self.progress.update(self.task, total=len(self.losses))
        self.progress.stop()


def report(curves: Sequence[Curve]) -> None:
    table = Table("run", "steps", "loss", "held back", "s in kernels")
    for curve in curves:
        table.add_row(
            curve.name,
            str(len(curve.losses)),
            f"{curve.losses[-1]:.4f}",
            f"{curve.accuracies[-1]:.1%}",
            f"{curve.seconds:.2f}",
        )
    console.print(table)


# --- the same by hand in NumPy, to compare ----------------------------------------------------------------------------


def numpy_softmax_regression(W: Any, b: Any, X: Any, y: Any, lam: float) -> tuple[float, tuple[Any, ...]]:
    value, Zbar = numpy_cross_entropy(X @ W + b, y)
    return value + lam / 2 * np.sum(W**2), (X.T @ Zbar + lam * W, Zbar.sum(axis=0))


def numpy_two_layer(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any, lam: float) -> tuple[float, tuple[Any, ...]]:
    H = np.tanh(X @ W1 + b1)
    value, Zbar = numpy_cross_entropy(H @ W2 + b2, y)
    Abar = (Zbar @ W2.T) * (1 - H**2)
    gradients = (X.T @ Abar + lam * W1, Abar.sum(axis=0), H.T @ Zbar + lam * W2, Zbar.sum(axis=0))
    return value + lam / 2 * (np.sum(W1**2) + np.sum(W2**2)), gradients


def numpy_cross_entropy(Z: Any, y: Any) -> tuple[float, Any]:
    n, rows = len(y), np.arange(len(y))
    top = Z.max(axis=1, keepdims=True)
    E = np.exp(Z - top)
    total = E.sum(axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) + top[:, 0] - Z[rows, y])
    E /= total * n
    E[rows, y] -= 1 / n
    return value, E


def compare(data: Data, rounds: int) -> dict[str, tuple[float, float]]:
    """Value and gradient in milliseconds, the two in turn so that what else the machine does meets both."""
    times: dict[str, tuple[float, float]] = {}
    table = Table("value and gradient", "gradc, ms", "NumPy by hand, ms", "NumPy / gradc")
    for name, by_hand, start in (
        ("softmax_regression", numpy_softmax_regression, linear_start()),
        ("two_layer", numpy_two_layer, network_start()),
    ):
        arguments = (*start, data.X, data.y, RIDGE)
        compiled = importlib.import_module(name).value_and_grad
        for ours, theirs in zip(compiled(*arguments)[1], by_hand(*arguments)[1], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
        taken: list[tuple[float, float]] = []
        # Kernels run on one core; so does NumPy's BLAS here.
        with threadpool_limits(1):
            for _ in range(rounds):
                marks = [perf_counter()]
                for function in (compiled, by_hand):
                    function(*arguments)
                    marks.append(perf_counter())
                taken.append((marks[1] - marks[0], marks[2] - marks[1]))
        times[name] = (
            1e3 * statistics.median(first for first, _ in taken),
            1e3 * statistics.median(second for _, second in taken),
        )
        ratio = statistics.median(second / first for first, second in taken)
        table.add_row(name, f"{times[name][0]:.2f}", f"{times[name][1]:.2f}", f"{ratio:.2f}")
    console.print(table)
    console.print(f"medians of {rounds} rounds, the two in turn, both on one core")
    return times


# --- the picture ------------------------------------------------------------------------------------------------------


def draw(curves: Sequence[Curve], times: dict[str, tuple[float, float]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MultipleLocator, PercentFormatter

    colours = ["#0072b2", "#d55e00", "#009e73"]  # Okabe and Ito's, told apart by all
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(13, 4.2), layout="constrained", width_ratios=[1, 1, 0.75]
    )
    for curve, colour in zip(curves, colours, strict=True):
        steps = range(1, len(curve.losses) + 1)
        left.plot(steps, curve.losses, color=colour, label=curve.name)
        middle.plot(steps, curve.accuracies, color=colour, label=f"{curve.accuracies[-1]:.1%}  {curve.name}")
    left.set(title="Training loss", xlabel="step", yscale="log")
    left.legend(frameon=False)
    middle.set(title="Accuracy on held-back data", xlabel="step", ylim=(0.8, 1.0))
    left.set_yticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
    left.minorticks_off()
    middle.yaxis.set_major_locator(MultipleLocator(0.05))
    middle.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    middle.legend(frameon=False, loc="lower right", title="at the end", alignment="left")
    for axes in (left, middle):
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.margins(x=0.02)
    at = np.arange(len(times))
    for offset, which, colour in ((-0.19, "gradc", "#0072b2"), (0.19, "NumPy by hand", "#999999")):
        values = [pair[0 if which == "gradc" else 1] for pair in times.values()]
        bars = right.bar(at + offset, values, 0.36, color=colour, label=which)
        right.bar_label(bars, fmt="%.2f", fontsize=9, padding=2)
    right.set_xticks(at, [name.replace("_", " ") for name in times])
    right.set(title="Value and gradient, ms a step")
    right.margins(y=0.15)
    right.legend(frameon=False, loc="upper left")
    figure.suptitle("Digits, trained through kernels that gradc built ahead of time", fontsize=12)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    main()
