"""A NumPy function held as data: its text is written from it, and the function is imported from that text.

>>> from gradc.ir.size import symbol
>>> n = symbol("n")
>>> draft = Draft("f", (("n", 3),), (Argument("x", (n,)),), (Statement("t0", "np.tanh({0})", ("x",), (n,), "real"),))
>>> print(source_of(draft))
def f(x):
    t0 = np.tanh(x)
    return t0

Nothing is evaluated from text but by importing a module's file, so lines, names and `inspect.getsource` are what a
user's are.
"""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradc.ir.definitions import KIND_OF_DTYPE, Parameter
from gradc.ir.printer import describe_shape
from gradc.ir.size import Size, size, symbol

HEADER = "import numpy as np\nimport scipy.special\n\nimport gradc\n"


class Argument(NamedTuple):
    """An argument: its name, shape and dtype, and how its numbers are drawn (a key of `DRAWS`)."""

    name: str
    shape: tuple[Size, ...] = ()
    dtype: str = "real"
    draw: str = "normal"

    @property
    def kind(self) -> str:
        """The kind of its elements."""
        return KIND_OF_DTYPE[self.dtype]


class Statement(NamedTuple):
    """``target = template`` with the operands (names or constants as text) in the braces of the template.

    A template of several lines assigns ``{target}`` itself.
    """

    target: str
    template: str
    operands: tuple[str, ...]
    shape: tuple[Size, ...]
    kind: str

    def lines(self) -> list[str]:
        """The lines of source."""
        if "{target}" in self.template:
            return self.template.format(*self.operands, target=self.target).split("\n")
        return [f"{self.target} = {self.template.format(*self.operands)}"]


class Draft(NamedTuple):
    """A function: its dimensions with their sizes, arguments, and statements, the last of which is the result."""

    name: str
    dims: tuple[tuple[str, int], ...]
    arguments: tuple[Argument, ...]
    statements: tuple[Statement, ...]
    seed: int = 0

    @property
    def signature(self) -> str:
        """What `gradc.compile` is told of the arguments."""
        parts = []
        for argument in self.arguments:
            shape = f"[{','.join(map(str, argument.shape))}]" if argument.shape else ""
            parts.append(argument.name + shape + ("" if argument.dtype == "real" else f":{argument.dtype}"))
        return ", ".join(parts)

    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of its program."""
        return tuple(Parameter(a.name, a.shape, a.dtype) for a in self.arguments)


def source_of(draft: Draft) -> str:
    """The text of the function."""
    lines = [f"def {draft.name}({', '.join(argument.name for argument in draft.arguments)}):"]
    for statement in draft.statements:
        lines += [f"    {line}" for line in statement.lines()]
    result = draft.statements[-1].target if draft.statements else draft.arguments[0].name
    return "\n".join([*lines, f"    return {result}"])


_modules = iter(range(sys.maxsize))


def functions_of(drafts: Sequence[Draft], directory: Path) -> list[Callable[..., Any]]:
    """The functions of some drafts, imported from one module that is written to the directory."""
    name = f"gradc_drafts_{next(_modules)}"
    path = directory / f"{name}.py"
    # Functions of the same name follow each other: each is picked up before the next takes its name.
    texts = [source_of(draft._replace(name=f"{draft.name}_{k}")) for k, draft in enumerate(drafts)]
    path.write_text("\n\n".join([HEADER, *texts]) + "\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    linecache.checkcache(str(path))
    found: list[Callable[..., Any]] = []
    for k, draft in enumerate(drafts):
        function = getattr(module, f"{draft.name}_{k}")
        function.__name__ = function.__qualname__ = draft.name
        found.append(function)
    return found


# ------------------------------------------------------------------------------------------------------------- numbers


def _normal(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.normal(size=shape)


def _positive(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.uniform(0.3, 2.5, size=shape)


def _ties(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.integers(-2, 3, size=shape).astype(float)


def _spread(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.normal(size=shape) * 10.0 ** rng.integers(-6, 7, size=shape)


def _index(rng: np.random.Generator, shape: tuple[int, ...], least: int) -> Any:
    return rng.integers(0, max(least, 1), size=shape)


def _signed(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.integers(-7, 8, size=shape)


def _mask(rng: np.random.Generator, shape: tuple[int, ...], _least: int) -> Any:
    return rng.random(size=shape) < 0.5


DRAWS: Mapping[str, Callable[[np.random.Generator, tuple[int, ...], int], Any]] = {
    "normal": _normal,
    "positive": _positive,
    "ties": _ties,
    "spread": _spread,
    "index": _index,
    "signed": _signed,
    "mask": _mask,
}


def arguments_of(draft: Draft) -> list[Any]:
    """The numbers of a draft's arguments; those that index lie within every dimension that is not empty."""
    rng = np.random.default_rng(draft.seed)
    known = atoms_of(draft)
    shapes = [tuple(extent.evaluate(known) for extent in argument.shape) for argument in draft.arguments]
    least = min([n for shape in shapes for n in shape if n > 0], default=1)
    found: list[Any] = []
    for argument, shape in zip(draft.arguments, shapes, strict=True):
        dtype = "float64" if argument.dtype == "real" else argument.dtype
        value = np.asarray(DRAWS[argument.draw](rng, shape, least)).astype(dtype)
        found.append(value if shape else value[()])
    return found


def atoms_of(draft: Draft) -> dict[Any, int]:
    """The sizes of the dimensions, as sizes are evaluated."""
    return {("dim", name): number for name, number in draft.dims}


def test_of(draft: Draft, what: str) -> str:
    """The draft as a test: signature, sizes, arguments and function."""
    shapes = ", ".join(
        f"{a.name}: {a.draw} {describe_shape(a.shape)}" + ("" if a.dtype == "real" else f" {a.dtype}")
        for a in draft.arguments
    )
    sizes = ", ".join(f"{name}={number}" for name, number in draft.dims)
    return f"# {what}\n# signature {draft.signature!r}\n# sizes {sizes}; drawn with seed {draft.seed}: {shapes}\n" + (
        source_of(draft)
    )


def renamed(value: Size, new: Mapping[str, str]) -> Size:
    """A size with dimensions renamed."""
    return value.substitute(lambda atom: symbol(new[atom[1]]) if atom[0] == "dim" and atom[1] in new else None)


def of_numbers(value: Size, numbers: Mapping[str, int]) -> Size:
    """A size with numbers in the place of dimensions."""
    return value.substitute(lambda atom: size(numbers[atom[1]]) if atom[0] == "dim" and atom[1] in numbers else None)
