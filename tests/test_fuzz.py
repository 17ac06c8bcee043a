"""The fuzzer in its bounded form: programs, texts and arguments of fixed seeds, and what it does with a fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from gradc.errors import CompilerError
from gradc.ir.size import symbol
from gradc.tools import executions, fuzz
from gradc.tools.drafts import Argument, Draft, Statement, functions_of, source_of
from gradc.tools.fuzz import Session, run
from gradc.tools.operations import MAKERS, random_draft
from gradc.tools.shrink import shrink
from gradc.tools.texts import Found

n = symbol("n")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Console(quiet=True), tmp_path, None, shrinking=5.0)


def nothing_found(session: Session) -> None:
    assert not session.findings, "\n\n".join(f"{found.stage}\n{found.test}" for found in session.findings)


@pytest.mark.parametrize("seed", [0, 2000])
def test_functions_mean_what_numpy_says_in_every_way(session: Session, seed: int) -> None:
    run(session, ["numpy"], 15, seed, compiled=60, largest=129)
    nothing_found(session)


def test_programs_of_the_ir_agree_in_every_way(session: Session) -> None:
    run(session, ["ir"], 25, compiled=60)
    nothing_found(session)


def test_texts_end_in_a_result_or_an_error(session: Session) -> None:
    run(session, ["text"], 120)
    nothing_found(session)


def test_arguments_end_in_a_result_or_an_error(session: Session) -> None:
    run(session, ["arguments"], 600)
    nothing_found(session)


@pytest.mark.parametrize("sanitizer", fuzz.SANITIZERS)
def test_sanitizers_have_nothing_to_say(session: Session, sanitizer: str) -> None:
    run(session, ["numpy"], 2, 21, sanitize=sanitizer, largest=129)
    nothing_found(session)


def draft(template: str, *operands: str) -> Draft:
    arguments = (Argument("x", (n,)), Argument("y", (n,)))
    first = Statement("v0", "np.sin({0})", ("x",), (n,), "real")
    return Draft("loss", (("n", 4),), arguments, (first, Statement("v1", template, operands, (n,), "real")))


def test_a_wrong_trace_is_found(tmp_path: Path) -> None:
    right, other = draft("{0} + {1}", "v0", "y"), draft("{0} - {1}", "v0", "y")
    function, wrong = functions_of([right, other], tmp_path)
    assert executions.examine(right, function).refused is None
    calls = []

    def both(x: Any, y: Any) -> Any:
        calls.append(1)
        return (function if len(calls) == 1 else wrong)(x, y)

    with pytest.raises(executions.Fault, match="numpy: 4 of 4 wrong"):
        executions.examine(right, both)


def test_a_wrong_derivative_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = draft("{0} * {1}", "v0", "y")
    (function,) = functions_of([right], tmp_path)
    derive = executions.programs.derive

    def spoiled(program: Any, mode: str, wrt: Any, **options: Any) -> Any:
        found = derive(program, mode, wrt, **options)
        if mode != "vjp":
            return found
        value, by_x, by_y = found.outputs
        return executions.Program(
            found.parameters, found.definitions, (value, by_y, by_x), found.hints, found.output_names
        )

    monkeypatch.setattr(executions.programs, "derive", spoiled)
    with pytest.raises(executions.Fault, match="forward against reverse"):
        executions.examine(right, function)


def test_what_the_compiler_refuses_is_found(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise CompilerError("no")

    monkeypatch.setattr(executions, "load", fail)
    session.shrinking = 0.1
    run(session, ["numpy"], 1, 3, compiled=10)
    assert {found.stage.partition(", ")[2] for found in session.findings} == {"cc -O0 compiles"}


def test_a_draft_shrinks_to_what_fails() -> None:
    large = next(d for d in map(random_draft, range(100)) if len(d.statements) > 6)
    wanted = large.statements[3].template
    small = shrink(large, lambda d: any(s.template == wanted for s in d.statements))
    assert len(small.statements) <= 3
    assert wanted in [s.template for s in small.statements]
    assert len(small.arguments) <= len(large.arguments)


def test_seeds_give_the_same_draft_and_every_maker_makes() -> None:
    assert source_of(random_draft(5)) == source_of(random_draft(5))
    texts = " ".join(s.template for seed in range(400) for s in random_draft(seed).statements)
    for part in ("scan", "linalg", "einsum", "cumsum", "np.pad", "[::2]", "np.where", "take", ".T", "axis="):
        assert part in texts
    assert len(MAKERS) > 20


def test_the_command_line_counts_and_ends_with_1_where_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(fuzz.main, ["--kind", "text", "--programs", "10"])
    assert done.exit_code == 0, done.output
    assert "nothing was found" in done.output
    monkeypatch.setattr("gradc.tools.texts.try_text", lambda number: Found("here", "this"))
    done = CliRunner().invoke(fuzz.main, ["--kind", "text", "--programs", "1"])
    assert done.exit_code == 1
    assert "here" in done.output
