"""What a gradient costs beside the value: the time of `value_and_grad` over that of the forward kernel, for every loss.

    python benchmarks/gradient_ratio.py
    python benchmarks/gradient_ratio.py --problems regression --sizes middle large --dtypes float64 float32

Theory bounds the number of operations by 4 to 5 times the value's; sharing what both need keeps it lower.
"""

from __future__ import annotations

from collections.abc import Sequence

import machine
import sheet
from timing import geometric_mean, measure, summary


def main(given: Sequence[str] | None = None) -> None:
    parser = sheet.parser(__doc__)
    parser.add_argument("--problems", nargs="+", default=["catalogue"], metavar="NAME", help="names, patterns, groups")
    parser.add_argument("--sizes", nargs="+", default=["middle"], choices=("small", "middle", "large"))
    parser.add_argument("--dtypes", nargs="+", default=["float64"], choices=("float64", "float32"))
    options = parser.parse_args(given)
    machine.pin(options.threads)
    from peers import kernel
    from problems import choose

    page = sheet.Sheet(options)
    page.say(f"\n{'problem':<24}{'size':<8}{'dtype':<9}{'value, µs':>11}{'with gradient':>15}{'ratio':>15}")
    for dtype in options.dtypes:
        for problem in choose(options.problems, options.sizes, dtype):
            if problem.pointwise:
                continue
            compiled, arguments = kernel(problem), tuple(problem.arguments.values())
            calls = {
                "value": lambda k=compiled, a=arguments: k(*a),
                "both": lambda k=compiled, a=arguments: k.value_and_grad(*a),
            }
            found = summary(measure(calls, options.rounds, options.seconds), base="value")
            value, both = found["value"]["median_seconds"], found["both"]
            page.rows.append(
                {
                    "problem": problem.name,
                    "scale": problem.scale,
                    "dtype": dtype,
                    "value_seconds": value,
                    "ratio": both["median_ratio"],
                    "min_ratio": both["min_ratio"],
                }
            )
            start = f"{problem.name:<24}{problem.scale:<8}{dtype:<9}{value * 1e6:>11.2f}"
            ratio = f"{both['median_ratio']:.2f} ({both['min_ratio']:.2f})"
            page.say(f"{start}{both['median_seconds'] * 1e6:>15.2f}{ratio:>15}")
    ratios = [row["ratio"] for row in page.rows]
    page.say(f"geometric mean {geometric_mean(ratios):.2f} over {len(ratios)}, worst {max(ratios):.2f}")
    page.save()


if __name__ == "__main__":
    main()
