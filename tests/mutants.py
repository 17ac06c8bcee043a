"""Spoil the compiler in many places, one at a time, and see whether the tests that run each place notice.

    python tests/mutants.py --count 300 --seed 0 --jobs 2      # make mutants
    python tests/mutants.py --only passes/dead.py --count 20   # of one file or room
    python tests/mutants.py --list                             # what is drawn, and what is known of it
    python tests/mutants.py --resume --tests structure         # those that are alive, on some tests alone
    python tests/mutants.py --resume                           # run what has no result yet, or was alive

The places are drawn by a hash of the seed and of each place's text, so an edit changes the lot of no other place.
Results are kept in .cache/mutants.json as they come. Changes that change nothing stand in
tests/data/equivalent_mutants.txt, each with the reason; the command ends with 0 if every other change is noticed.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mutating.coverage_map import PACKAGE, ROOT, Cover, Timed, in_order, missing, record
from mutating.places import ROOMS, Place, find_places, spoil
from mutating.trial import Bench, Trial, Verdict

RESULTS = ROOT / ".cache" / "mutants.json"
EQUIVALENT = ROOT / "tests" / "data" / "equivalent_mutants.txt"
BUDGET = 90.0  # seconds of tests for a place


def draw(count: int, seed: int, only: str = "") -> list[Place]:
    """The places whose numbers are lowest."""
    files = [path.relative_to(PACKAGE).as_posix() for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    places = [
        place
        for module in files
        if module.startswith(only)
        for place in find_places(module, (PACKAGE / module).read_text(encoding="utf-8"))
    ]
    return sorted(places, key=lambda place: place.rank(seed))[:count]


def read_equivalent(text: str) -> dict[str, str]:
    """The reasons by places: a place is a line, and what is indented below is the reason."""
    found: dict[str, str] = {}
    place = ""
    for line in text.splitlines():
        if line.startswith("    ") and place:
            found[place] = f"{found[place]} {line.strip()}".strip()
        elif line.strip() and not line.startswith("#"):
            place = line.strip()
            found[place] = ""
    return found


def choose_tests(place: Place, cover: Cover, budget: float = BUDGET) -> tuple[Timed, ...]:
    """The tests that run a place; for a table, those that run its module, and first those that name its entry."""
    if place.scope and (covering := cover.tests(place.module, place.statement)):
        return _within(covering, budget)
    words = [word for word in _words(place) if word]
    touching = cover.touching(place.module) or cover.all
    room = place.module.replace("/", "_").removesuffix(".py").split("_")
    starts = [f"{mark}{word}" for word in words for mark in "[-"]
    named = [test for test in in_order(cover.all) if any(start in test.name for start in starts)]
    near = [test for test in touching if any(f"test_{part}" in test.name.split("::")[0] for part in room)]
    return _within(list(dict.fromkeys([*named, *near, *touching])), budget)


def _words(place: Place) -> list[str]:
    """What the entry of a table is called that a place is in."""
    tree = ast.parse((PACKAGE / place.module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= place.line <= (node.end_lineno or 0) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return [first.value]
    return []


def _within(tests: Iterable[Timed], budget: float) -> tuple[Timed, ...]:
    """The first tests that take no longer together; one at least of each function that fits alone."""
    chosen: list[Timed] = []
    spent = 0.0
    for test in tests:
        if spent + test.seconds <= budget:
            chosen.append(test)
            spent += test.seconds + 0.01
    return tuple(chosen)


def run(places: Sequence[Place], cover: Cover, known: dict[str, Any], jobs: int, budget: float) -> None:
    """Try each place, and write each result as it comes."""
    by_name = {place.key: place for place in places}
    sound: dict[str, bool] = known.setdefault("sound", {})
    held: dict[str, dict[str, Verdict]] = {}  # tests that must be seen to pass on the package as it is, and who asks

    def note(place: Place, verdict: Verdict) -> None:
        state = "killed" if verdict.killed else "alive"
        known["places"][place.key] = {"state": state, "by": verdict.by, "seconds": verdict.seconds, "line": place.line}
        save(known)
        print(
            f"{time.strftime('%H:%M:%S')} {state:6} {verdict.seconds:6.1f} s  {place.key}  [{verdict.by}]", flush=True
        )

    def trial_of(place: Place) -> Trial | None:
        tests = tuple(test for test in choose_tests(place, cover, budget) if sound.get(test.name, True))
        if not tests:
            note(place, Verdict(False, "no test runs it", 0.0))
            return None
        text = (PACKAGE / place.module).read_text(encoding="utf-8")
        return Trial(place.key, {place.module: spoil(text, place)}, tests)

    with Bench(jobs) as bench:
        for trial, verdict in bench.results(trial for place in places if (trial := trial_of(place)) is not None):
            if not trial.files:
                (test,) = trial.tests
                sound[test.name] = not verdict.killed
                for key, before in held.pop(test.name).items():
                    if sound[test.name]:
                        note(by_name[key], before)
                    elif (again := trial_of(by_name[key])) is not None:
                        bench.put(again)
                continue
            place = by_name[trial.name]
            # What failed must pass without the change; where it is not known, what was run first must.
            test = next((test for test in trial.tests if test.name == verdict.by), trial.tests[0])
            if not verdict.killed or sound.get(test.name):
                note(place, verdict)
            else:
                if test.name not in held:
                    bench.put(Trial(test.name, {}, (test,)))
                held.setdefault(test.name, {})[place.key] = verdict


def save(known: Mapping[str, Any]) -> None:
    """Write the results, whole or not at all."""
    RESULTS.parent.mkdir(exist_ok=True)
    new = RESULTS.with_suffix(".new")
    new.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
    new.replace(RESULTS)


def report(places: Sequence[Place], results: Mapping[str, Any], equivalent: Mapping[str, str]) -> int:
    """Print the shares and the survivors; gives how many are alive or not run."""
    states = {place: _state(place, results, equivalent) for place in places}
    groups: dict[str, Callable[[Place], str]] = {"room": lambda p: p.module.split("/")[0], "kind": lambda p: p.kind}
    for title, group in groups.items():
        print(f"\n{title:12} drawn killed equivalent alive")
        for name in sorted({group(place) for place in places}):
            count = Counter(states[place] for place in places if group(place) == name)
            alive = count["alive"] + count["not run"]
            print(f"{name:12} {count.total():5} {count['killed']:6} {count['equivalent']:10} {alive:5}")
    for state in ("alive", "not run"):
        for place in places:
            if states[place] == state:
                by = results.get(place.key, {}).get("by", "")
                where = f"compiler/gradc/{place.module}:{place.line} in {place.scope or 'the module'}"
                print(f"\n{state}: {where}, {place.kind} ({by})")
                print(f"    - {place.before}\n    + {place.after}")
    count = Counter(states.values())
    total = max(1, len(places))
    killed, equivalent_too = count["killed"], count["equivalent"]
    print(f"\n{len(places)} drawn: {killed} killed ({killed / total:.1%}), {equivalent_too} equivalent, ", end="")
    print(f"{count['alive']} alive, {count['not run']} not run")
    return count["alive"] + count["not run"]


def _state(place: Place, results: Mapping[str, Any], equivalent: Mapping[str, str]) -> str:
    if place.key in equivalent:
        return "equivalent"
    return str(results.get(place.key, {}).get("state", "not run"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="how many places are drawn")
    parser.add_argument("--seed", type=int, default=0, help="what they are drawn by")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried at a time")
    parser.add_argument("--only", default="", metavar="PATH", help="a file or a room below compiler/gradc")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of tests for a place")
    parser.add_argument("--tests", default="", metavar="PATTERN", help="try these tests alone")
    parser.add_argument("--list", action="store_true", help="print what is drawn, and run nothing")
    parser.add_argument("--resume", action="store_true", help="keep what was killed before")
    parser.add_argument("--recorded", action="store_true", help="use what is recorded, and record nothing")
    options = parser.parse_args(arguments)
    equivalent = read_equivalent(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else {}
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    known = kept if options.resume or options.list else {"sound": kept.get("sound", {})}
    known.setdefault("places", {})
    places = draw(options.count, options.seed, options.only)
    if options.list:
        for place in places:
            print(f"{_state(place, known['places'], equivalent):10} {place.module}:{place.line}  {place.key}")
        return 0
    for name in () if options.recorded else missing():
        print(f"recording what the tests of {name} run", flush=True)
        record(name)
    due = [p for p in places if _state(p, known["places"], equivalent) not in ("killed", "equivalent")]
    due.sort(key=lambda place: place.key in known["places"])  # what was alive before comes last
    began = time.monotonic()
    run(due, Cover.load(options.tests), known, options.jobs, options.budget)
    print(f"\n{len(due)} places in {time.monotonic() - began:.0f} s")
    return int(report(places, known["places"], equivalent) > 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
