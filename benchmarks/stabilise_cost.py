"""What stabilising costs in speed: `value_and_grad` compiled with it over the same without it.

    python benchmarks/stabilise_cost.py
    python benchmarks/stabilise_cost.py --problems naive            # losses written so that stabilising changes them

Every loss of the catalogue is stable as written, and should cost the same. The naive ones overflow or cancel without
stabilising, so there the ratio is the price of right answers. Losses whose C is the same either way are not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import machine
import sheet
from timing import geometric_mean, measure, summary

# name: (formula, signature, wrt)
NAIVE = {
    "log_of_sigmoid": ("-mean(log(1 / (1 + exp(-y * (X @ w)))))", "w[d], X[n,d], y[n]", "w"),
    "log1p_exp": ("mean(log(1 + exp(-y * (X @ w))))", "w[d], X[n,d], y[n]", "w"),
    "log_sum_exp": ("mean(log(sum(exp(Z), axis=1)))", "Z[n,d]", "Z"),
    "exp_minus_one": ("mean((exp(x) - 1)**2)", "x[n]", "x"),
    "one_minus_cos": ("mean(1 - cos(x))", "x[n]", "x"),
    "square_root_difference": ("mean(sqrt(x**2 + 1) - x)", "x[n]", "x"),
}


Candidate: TypeAlias = "tuple[str, Callable[[bool], Any], tuple[Any, ...]]"


def candidates(names: Sequence[str], options: Any, dtype: str) -> list[Candidate]:
    """Name, what compiles it with or without stabilising, and arguments."""
    import numpy as np
    from problems import choose

    import gradc

    made: list[Candidate] = []
    if "naive" in names:
        rng = np.random.default_rng(0)
        for name, (formula, signature, wrt) in NAIVE.items():
            shapes = {"w": (20,), "X": (options.samples, 20), "Z": (options.samples, 20)}
            letters = [part.split("[")[0].strip() for part in signature.replace(",d]", "d]").split(",")]
            arguments = tuple(rng.standard_normal(shapes.get(x, (options.samples,))).astype(dtype) for x in letters)

            def build(stable: bool, formula: Any = formula, signature: str = signature, wrt: str = wrt) -> Any:
                return gradc.compile(formula, signature, wrt=wrt, dtype=dtype, stabilise=stable)

            made.append((name, build, arguments))
    others = [name for name in names if name != "naive"]
    for problem in choose(others, options.sizes, dtype) if others else []:

        def compiled(stable: bool, problem: Any = problem) -> Any:
            wrt = problem.wrt[0] if problem.single else problem.wrt
            return gradc.compile(problem.function, problem.signature, wrt=wrt, dtype=dtype, stabilise=stable)

        if not problem.pointwise:
            made.append((problem.name, compiled, tuple(problem.arguments.values())))
    return made


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__)
    parser.add_argument("--problems", nargs="+", default=["catalogue", "naive"], metavar="NAME")
    parser.add_argument("--sizes", nargs="+", default=["middle"], choices=("small", "middle", "large"))
    parser.add_argument("--samples", type=int, default=1_000, help="the naive losses' n")
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    options = parser.parse_args(given)
    machine.pin(options.threads)
    page = sheet.Sheet(options)
    page.say(f"\n{'problem':<28}{'dtype':<9}{'off, µs':>11}{'on, µs':>11}{'on / off':>15}")
    same = 0
    for dtype in options.dtypes:
        for name, build, arguments in candidates(options.problems, options, dtype):
            on, off = build(True), build(False)
            if on.c_source == off.c_source:
                same += 1
                continue
            calls = {
                "off": lambda k=off, a=arguments: k.value_and_grad(*a),
                "on": lambda k=on, a=arguments: k.value_and_grad(*a),
            }
            found = summary(measure(calls, options.rounds, options.seconds), base="off")
            row = {"problem": name, "dtype": dtype, **{f"{k}_seconds": v["median_seconds"] for k, v in found.items()}}
            row |= {"ratio": found["on"]["median_ratio"], "min_ratio": found["on"]["min_ratio"]}
            page.rows.append(row)
            start = f"{name:<28}{dtype:<9}{row['off_seconds'] * 1e6:>11.2f}{row['on_seconds'] * 1e6:>11.2f}"
            page.say(f"{start}{row['ratio']:>8.2f} ({row['min_ratio']:.2f})")
    mean = geometric_mean(row["ratio"] for row in page.rows)
    page.say(f"the C is the same in {same}; geometric mean of the other {len(page.rows)}: {mean:.2f}")
    page.save()


if __name__ == "__main__":
    main()
