"""The tool behind `make mutants`: what it changes, what it leaves alone, and that it sees tests fail."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

import mutants
from mutating.coverage_map import PACKAGE, ROOT, Cover, Timed, in_order, mark_blocks
from mutating.places import find_places, spoil

TEXT = '''"""Text."""

_LIMIT = 5


def choose(items: list[int], first: int = 0) -> int:
    """What is chosen: first + 1."""
    if first < _LIMIT and not items:
        raise ValueError(f"{first - 1} of none")
    for k in range(first):
        items.append(k)
    total = f"{items[0] + 1} + {first}"
    return apply("mul", "x * y", total, -first)


def is_dear(op: int) -> bool:
    return op == 3
'''

# For each kind of change a place, as its module and a part of its key, and a test that sees it.
MEANING = "formula.py::test_meaning[sum[i:n-1](y[i+1] - y[i])]"
NAMED = "formula.py::test_named_lines_name_what_they_define"
SPELLING = "stabilise.py::test_every_spelling_becomes_one_function"
GRADIENTS = "passes.py::test_passes_on_derivatives[determinant]"
SHIFTS = "passes.py::test_what_is_added_at_shifted_places_is_read_at_shifted_places"
QUOTIENTS = "stabilise.py::test_logarithms_of_numbers_whose_quotient_overflows[float32]"
CASES = {
    "arguments": ("passes/rebuild.py", "rebuild_definition | arguments | remap", GRADIENTS),
    "comparison": ("passes/stencil.py", "_shifts | comparison | shift is not None", SHIFTS),
    "condition": ("passes/partition.py", "_extract | condition | if not any", GRADIENTS),
    "constant": (
        "stabilise/identity.py",
        "with_term | constant | 0",
        f"{SPELLING}[arctanh(x)-(log(1 + x) - log(1 - x))/2]",
    ),
    "formula": ("passes/simplify.py", "formula | 'x * y'", "passes.py::test_rules_hold[(-x) * (-y)]"),
    "index": ("stabilise/differences.py", "_under_log | index 2 | 0", QUOTIENTS),
    "name": (
        "stabilise/logarithms.py",
        "_log_atom | name 2 | 'cosh'",
        f"{SPELLING}[log_cosh(x)-log((exp(x) + exp(-x))/2)]",
    ),
    "off by one": ("ir/interpret.py", "evaluate_definition | off by one | range(definition.rank", MEANING),
    "operator": ("ir/program.py", "Program.hint | operator | number - len", NAMED),
    "sign": ("ir/printer.py", "choose_names | sign | -len(array.shape)", NAMED),
    "statement": ("passes/partition.py", "_extract | statement | continue", GRADIENTS),
}


def changes() -> list[str]:
    return [f"{place.kind}: {place.before} → {place.after}" for place in find_places("passes/some.py", TEXT)]


def test_one_thing_changes_at_a_time() -> None:
    assert changes() == [
        "constant: 0 → 1",
        "condition: if first < _LIMIT and (not items): → if not (first < _LIMIT and (not items)):",
        "condition: first < _LIMIT and (not items) → first < _LIMIT or not items",
        "condition: first < _LIMIT and (not items) → not items",
        "condition: first < _LIMIT and (not items) → first < _LIMIT",
        "condition: not items → items",
        "off by one: range(first) → range(first - 1)",
        "statement: items.append(k) → nothing",
        "operator: items[0] + 1 → items[0] - 1",
        "index: 0 → 1",
        "constant: 1 → 2",
        "printed: ' + ' → ' - '",
        "arguments: apply('mul', 'x * y', total, -first) → apply('x * y', 'mul', total, -first)",
        "name: 'mul' → 'div'",
        "formula: 'x * y' → 'x / y'",
        "sign: -first → first",
    ]


def test_spoiled_texts_differ_in_one_place_and_compile() -> None:
    lines = TEXT.splitlines()
    for place in find_places("passes/some.py", TEXT):
        spoiled = spoil(TEXT, place).splitlines()
        assert sum(one != other for one, other in zip(lines, spoiled, strict=True)) == 1, place


def test_places_keep_their_lot_when_other_lines_change() -> None:
    before = {place.key: place.rank(3) for place in find_places("passes/some.py", TEXT)}
    after = {place.key: place.rank(3) for place in find_places("passes/some.py", "import ast\n" + TEXT)}
    assert before == after
    assert len(before) == len(changes())


def test_marks_tell_which_arm_ran() -> None:
    tree = ast.parse(TEXT)
    blocks = mark_blocks(tree)
    assert [first for first, _ in blocks] == [8, 10, 12, 17, 9, 11]


def test_tests_come_by_function_and_time() -> None:
    slow, quick, sibling = Timed("a.py::slow", 2.0), Timed("a.py::quick[1]", 0.1), Timed("a.py::quick[2]", 0.2)
    assert in_order([slow, sibling, quick]) == [quick, sibling, slow]
    siblings = [Timed(f"a.py::quick[{k}]", 0.2) for k in range(2, 12)]
    ranked = in_order([slow, quick, *siblings])
    assert ranked.index(slow) < len(ranked) - 1  # before the last of the others


def test_lines_are_found_again_after_an_edit() -> None:
    module = "passes/dead.py"
    now = (PACKAGE / module).read_text(encoding="utf-8")
    before = "\n".join(now.splitlines()[5:])
    test = ("t.py::test", 0.1, {module: [0]})
    cover = Cover([{"tests": [test], "modules": {module: {"text": before, "blocks": [(10, 12)]}}}])
    assert cover.tests(module, 16) == [Timed("t.py::test", 0.1)]
    assert cover.tests(module, 20) == []


def test_reasons_are_read() -> None:
    text = "# a comment\npasses/x.py | f | sign | -x → x\n    even in x:\n    the sign is squared\n"
    assert mutants.read_equivalent(text) == {"passes/x.py | f | sign | -x → x": "even in x: the sign is squared"}


def test_equivalent_changes_have_reasons_and_are_of_files_that_exist() -> None:
    for key, reason in mutants.read_equivalent(mutants.EQUIVALENT.read_text(encoding="utf-8")).items():
        assert reason, key
        assert (PACKAGE / key.split(" | ")[0]).exists(), key


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[object]]:
    """What came of the trials: each runs in a process that has not imported gradc."""
    code = "import json, sys, test_mutants; print(json.dumps(test_mutants.try_cases()))"
    path = f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r})"
    done = subprocess.run([sys.executable, "-c", f"{path}; {code}"], capture_output=True, text=True, check=True)
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def try_cases() -> dict[str, tuple[bool, str]]:
    """Try the cases, and the package as it is with all their tests."""
    from mutating.trial import Bench, Trial

    trials = []
    for kind, (module, part, test) in CASES.items():
        text = (PACKAGE / module).read_text(encoding="utf-8")
        place = next(place for place in find_places(module, text) if part in place.key)
        trials.append(Trial(kind, {module: spoil(text, place)}, (Timed(f"tests/test_{test}", 1.0),)))
    tests = tuple(dict.fromkeys(test for trial in trials for test in trial.tests))
    with Bench() as bench:
        return {trial.name: verdict[:2] for trial, verdict in bench.results([*trials, Trial("as it is", {}, tests)])}


@pytest.mark.parametrize("kind", CASES)
def test_spoiled_places_are_noticed(verdicts: dict[str, list[object]], kind: str) -> None:
    assert verdicts[kind] == [True, f"tests/test_{CASES[kind][2]}"]


def test_the_package_as_it_is_passes(verdicts: dict[str, list[object]]) -> None:
    assert verdicts["as it is"][0] is False
