"""Random NumPy functions of every kind of operation that gradc takes.

>>> from gradc.tools.drafts import source_of
>>> text = source_of(random_draft(3))
>>> text == source_of(random_draft(3))
True

Each maker looks at the values that there are and gives a statement over some of them, or None where none fits. Shapes
are symbolic, so every statement means something for all sizes that gradc does not refuse.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from gradc.ir.equations import BOOLEAN, INTEGER, REAL
from gradc.ir.size import ONE, ZERO, Size, product, size, symbol
from gradc.tools.drafts import Argument, Draft, Statement, atoms_of

Shape = tuple[Size, ...]

ELEMENTS = 30_000  # of a value
SIZES = (0, 1, 2, 3, 4, 5, 7, 127, 128, 129, 512)
_LIKELY = (2, 3, 4, 5, 7)

# Names that Python, C, NumPy, OpenMP or gradc itself uses.
_HOSTILE = """
i j k n d t t0 t1 tile tile_begin tile_end tid part parts work s0 value grad cotangent int_ double float64 long
restrict const register auto static void NULL EOF errno I M_PI main sum prod exp log at each reduce size_t
int64_t index step carry0 captured0 program real where name result dims cells gradc_ acc buf buffer row rows
thread threads lane lanes points λ Δx _ __x x_ X_ N_ e pi E out0 y0 j0 j1 gamma signgam isnan max min norm2 asm
unsigned linux unix stdin inline complex _Bool bool true_ v0 v1 p q block strip chunk GRADC_THREAD status
"""
HOSTILE = tuple(_HOSTILE.split())
PLAIN_DIMS = ("n", "d", "k", "m")
PLAIN_ARGUMENTS = ("x", "y", "w", "X", "A", "b", "c", "u")

_UNARY = (
    "np.tanh({0})",
    "np.sin({0})",
    "np.cos({0})",
    "np.arctan({0})",
    "np.exp(-np.abs({0}))",
    "np.exp(np.tanh({0}))",
    "np.abs({0})",
    "np.square({0})",
    "np.sqrt(np.abs({0}) + 0.5)",
    "np.sqrt({0} ** 2 + 1)",
    "np.log1p(np.abs({0}))",
    "np.log({0} ** 2 + 0.5)",
    "np.expm1(np.sin({0}))",
    "np.arcsinh({0})",
    "np.sign({0})",
    "np.floor({0})",
    "np.ceil({0})",
    "np.rint({0})",
    "np.trunc({0})",
    "np.cbrt({0})",
    "np.reciprocal(1 + np.abs({0}))",
    "np.sinc({0})",
    "np.log1p(np.exp({0}))",
    "np.log(1 + np.exp(-{0}))",
    "np.maximum({0}, 0)",
    "np.clip({0}, -1, 1)",
    "np.clip({0}, None, 0.5)",
    "np.nan_to_num({0})",
    "scipy.special.expit({0})",
    "scipy.special.log_expit({0})",
    "scipy.special.erf({0})",
    "scipy.special.erfc({0})",
    "scipy.special.ndtr({0})",
    "scipy.special.log_ndtr({0})",
    "scipy.special.gammaln(1 + {0} ** 2)",
    "scipy.special.digamma(1 + np.abs({0}))",
    "scipy.special.entr(np.abs({0}))",
    "scipy.special.i0e({0})",
    "-{0}",
    "+{0}",
    "abs({0})",
    "2 * {0}",
    "{0} / 2",
    "1 - {0}",
    "{0} ** 2",
    "{0} ** 3",
    "(1 + {0} ** 2) ** -0.5",
    "{0}.copy()",
    "{0}.astype(float)",
    "np.copy({0})",
    "np.asarray({0})",
    "np.zeros_like({0})",
    "np.ones_like({0})",
    "np.full_like({0}, 0.5)",
    "np.round({0}, 1)",
    "np.exp({0})",
    "np.log({0})",
    "np.sqrt({0})",
    "1 / {0}",
    "np.arcsin(np.tanh({0}))",
    "np.arctanh(np.sin({0}) * 0.9)",
    "np.cosh(np.tanh({0}))",
    "np.sinh(np.tanh({0}))",
    "np.tan(np.tanh({0}))",
    "np.logaddexp({0}, 0)",
    "np.where({0} > 0, {0}, 0.1 * {0})",
    "np.where({0} > 0, np.log(np.abs({0})), -1.0)",
)
_BINARY = (
    "{0} + {1}",
    "{0} - {1}",
    "{0} * {1}",
    "{0} / (1 + {1} ** 2)",
    "np.maximum({0}, {1})",
    "np.minimum({0}, {1})",
    "np.fmax({0}, {1})",
    "np.hypot({0}, {1})",
    "np.arctan2({0}, np.where({1} == 0, 0.5, {1}))",  # whose sign no order of factors keeps where it is 0
    "np.logaddexp({0}, {1})",
    "np.where({0} < {1}, {0}, {1} * 2)",
    "np.where({0} >= {1}, 1.0, {1})",
    "np.copysign({0}, {1})",
    "{0} / {1}",
    "np.abs({0}) ** {1}",
    "{0} % (1 + np.abs({1}))",
    "np.fmod({0}, 1 + np.abs({1}))",
    "{0} // (1 + np.abs({1}))",
    "np.heaviside({0}, {1})",
    "scipy.special.xlogy(np.abs({0}), 1 + np.abs({1}))",
    "scipy.special.rel_entr(np.abs({0}), 1 + np.abs({1}))",
    "np.multiply({0}, {1})",
    "np.subtract({1}, {0})",
    "np.float_power(1 + np.abs({0}), {1})",
    "scipy.special.betaln(1 + np.abs({0}), 1 + np.abs({1}))",
)
_COMPARED = ("{0} < {1}", "{0} <= {1}", "{0} > {1}", "{0} >= {1}", "{0} == {1}", "{0} != {1}", "np.greater({0}, {1})")
_LOGICAL = (
    "{0} & {1}",
    "{0} | {1}",
    "{0} ^ {1}",
    "np.logical_and({0}, {1})",
    "np.logical_or({0}, {1})",
    "np.logical_xor({0}, {1})",
    "{0} == {1}",
    "{0} != {1}",
)
_WHOLE = (
    "{0} + {1}",
    "{0} - {1}",
    "{0} * {1}",
    "{0} // 3",
    "{0} % 3",
    "-{0}",
    "{0} % (1 + np.abs({1}))",
    "{0} // (2 + np.abs({1}))",
    "np.abs({0})",
    "np.maximum({0}, {1})",
    "np.minimum({0}, {1})",
    "np.where({0} < {1}, {0}, {1})",
    "{0} ** 2",
    "2 * {0} + 1",
    "np.sign({0})",
    "np.clip({0}, -2, 2)",
    "{0} & 3",
    "{0} | {1}",
    "{0} ^ {1}",
    "~{0}",
    "{0} << 1",
    "{0} >> 1",
    "np.fmod({0}, 3)",
    "{0} // -2",
    "{0} % -3",
)
_REDUCED = ("sum", "mean", "max", "min", "prod", "var", "std", "ptp", "sum", "mean", "sum")


class Item(NamedTuple):
    """A value that statements may read."""

    name: str
    shape: Shape
    kind: str


class Made(NamedTuple):
    """What a maker gives: a statement without its target."""

    template: str
    operands: tuple[str, ...]
    shape: Shape
    kind: str = REAL


class Pool:
    """The values so far, and the random numbers that choose among them."""

    def __init__(self, r: random.Random, items: list[Item], draft: Draft) -> None:
        self.r, self.items, self._atoms = r, items, atoms_of(draft)

    def pick(self, kind: str | None = REAL, rank: tuple[int, int] = (0, 4)) -> Item | None:
        """A value of a kind and of a rank in the range; the later ones are likelier."""
        fitting = [v for v in self.items if kind in (v.kind, None) and rank[0] <= len(v.shape) <= rank[1]]
        if not fitting:
            return None
        return fitting[-1] if self.r.random() < 0.5 else self.r.choice(fitting)

    def partner(self, item: Item, kind: str | None = REAL) -> str | None:
        """Another value that broadcasts with one, or a constant."""
        fitting = [v for v in self.items if kind in (v.kind, None) and broadcast(v.shape, item.shape) == item.shape]
        if kind == REAL and (not fitting or self.r.random() < 0.15):
            return self.r.choice(("0.5", "2", "-1.5", "1e-3", "3", "0.0", "np.pi", "-1", "1"))
        return self.r.choice(fitting).name if fitting else None

    def length(self, value: Size) -> int:
        """The number that a size is here."""
        return value.evaluate(self._atoms)

    def count(self, shape: Shape) -> int:
        """How many elements a shape has here."""
        return self.length(product(shape))


def broadcast(left: Shape, right: Shape) -> Shape | None:
    """The shape of an operation on arrays of these, or None where they do not fit for every size."""
    rank = max(len(left), len(right))
    a, b = (ONE,) * (rank - len(left)) + left, (ONE,) * (rank - len(right)) + right
    found = []
    for one, other in zip(a, b, strict=True):
        if one != other and ONE not in (one, other):
            return None
        found.append(other if one == ONE else one)
    return tuple(found)


# -------------------------------------------------------------------------------------------------------- elementwise


def _unary(p: Pool) -> Made | None:
    x = p.pick()
    return x and Made(p.r.choice(_UNARY), (x.name,), x.shape)


def _binary(p: Pool) -> Made | None:
    x, y = p.pick(), p.pick()
    if x is None or y is None:
        return None
    shape = broadcast(x.shape, y.shape)
    if shape is not None and p.count(shape) <= ELEMENTS and p.r.random() < 0.6:
        return Made(p.r.choice(_BINARY), (x.name, y.name), shape)
    other = p.partner(x)
    if other is None:
        return None
    pair = (x.name, other) if p.r.random() < 0.7 or not other[0].isalpha() else (other, x.name)
    return Made(p.r.choice(_BINARY), pair, x.shape)


def _compare(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((REAL, REAL, INTEGER)))
    other = x and p.partner(x, x.kind)
    return Made(p.r.choice(_COMPARED), (x.name, other), x.shape, BOOLEAN) if x and other else None


def _logical(p: Pool) -> Made | None:
    x = p.pick(BOOLEAN)
    other = x and p.partner(x, BOOLEAN)
    if not x or not other:
        return None
    if p.r.random() < 0.25:
        return Made(p.r.choice(("~{0}", "np.logical_not({0})", "np.invert({0})")), (x.name,), x.shape, BOOLEAN)
    return Made(p.r.choice(_LOGICAL), (x.name, other), x.shape, BOOLEAN)


def _choose(p: Pool) -> Made | None:
    condition = p.pick(BOOLEAN)
    x = p.pick()
    if not condition or not x:
        return None
    shape = broadcast(condition.shape, x.shape)
    if shape is None or p.count(shape) > ELEMENTS:
        return None
    other = p.partner(Item("", shape, REAL)) or "0.0"
    template = p.r.choice(
        ("np.where({0}, {1}, {2})", "{1} * {0} + {2}", "np.select([{0}, ~{0}], [{1}, {2}], 0.0)", "{0} * {1} - {2}")
    )
    return Made(template, (condition.name, x.name, other), shape)


def _whole(p: Pool) -> Made | None:
    x = p.pick(INTEGER)
    other = x and p.partner(x, INTEGER)
    return Made(p.r.choice(_WHOLE), (x.name, other), x.shape, INTEGER) if x and other else None


def _to_real(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((INTEGER, BOOLEAN)))
    other = x and p.partner(x)
    if not x or not other:
        return None
    template = p.r.choice(
        (
            "{0} * {1}",
            "{0} / 2",
            "{0} / (1 + np.abs({0}))" if x.kind == INTEGER else "{0} + {1}",
            "{0} * 0.5",
            "{0}.astype(float)" if x.shape else "1.0 * {0}",
            "{1} - {0}",
            "{1} ** np.abs({0})" if x.kind == INTEGER and not other.startswith("-") else "{0} * {1}",
        )
    )
    return Made(template, (x.name, other), x.shape)


def _to_whole(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((BOOLEAN, REAL)), (1, 2))
    if x is None:
        return None
    if x.kind == BOOLEAN:
        return Made(p.r.choice(("{0} * 2", "{0}.astype(int)", "{0} + {0}", "{0} + 1")), (x.name,), x.shape, INTEGER)
    return Made("np.arange({0}.shape[0])", (x.name,), x.shape[:1], INTEGER)


# --------------------------------------------------------------------------------------------------------- reductions


def _axes(p: Pool, x: Item, most: int = 2) -> tuple[str, tuple[int, ...]]:
    """Some axes, as text and as numbers."""
    count = p.r.randrange(1, min(len(x.shape), most) + 1)
    axes = tuple(sorted(p.r.sample(range(len(x.shape)), count)))
    spelled = [axis - (len(x.shape) if p.r.random() < 0.4 else 0) for axis in axes]
    if p.r.random() < 0.3:
        spelled.reverse()
    return (str(spelled[0]) if count == 1 and p.r.random() < 0.8 else f"({', '.join(map(str, spelled))},)"), axes


def _without(shape: Shape, axes: tuple[int, ...], kept: bool) -> Shape:
    if kept:
        return tuple(ONE if k in axes else extent for k, extent in enumerate(shape))
    return tuple(extent for k, extent in enumerate(shape) if k not in axes)


def _reduce(p: Pool) -> Made | None:
    x = p.pick(REAL, (1, 4))
    if x is None:
        return None
    name = p.r.choice(_REDUCED)
    if p.r.random() < 0.25:
        whole = ("np.{name}({{0}})", "{{0}}.{name}()") if name != "ptp" else ("np.{name}({{0}})",)
        return Made(p.r.choice(whole).format(name=name), (x.name,), ())
    text, axes = _axes(p, x, 3 if name != "ptp" else 1)
    kept = p.r.random() < 0.35
    keep = ", keepdims=True" if kept else ""
    if name == "mean" and p.r.random() < 0.3:
        return Made(f"scipy.special.logsumexp({{0}}, axis={text}{keep})", (x.name,), _without(x.shape, axes, kept))
    if name == "sum" and len(axes) == 1 and p.r.random() < 0.3:
        text = text.strip("(),")
        softmax = p.r.choice(("softmax", "log_softmax"))
        return Made(f"scipy.special.{softmax}({{0}}, axis={text})", (x.name,), x.shape)
    if name == "std":
        return Made(f"np.sqrt(np.var({{0}}, axis={text}{keep}) + 0.1)", (x.name,), _without(x.shape, axes, kept))
    method = name != "ptp" and p.r.random() < 0.4
    template = f"{{0}}.{name}(axis={text}{keep})" if method else f"np.{name}({{0}}, axis={text}{keep})"
    return Made(template, (x.name,), _without(x.shape, axes, kept))


def _reduce_ufunc(p: Pool) -> Made | None:
    x = p.pick(REAL, (1, 3))
    if x is None:
        return None
    axis = p.r.randrange(len(x.shape))
    shape = _without(x.shape, (axis,), kept=False)
    template = p.r.choice(
        (
            f"np.add.reduce({{0}}, axis={axis})",
            f"np.maximum.reduce({{0}}, axis={axis})",
            f"np.logaddexp.reduce({{0}}, axis={axis})",
            f"np.nansum({{0}}, axis={axis})",
            f"np.linalg.norm({{0}}, axis={axis})",
            f"np.linalg.norm({{0}}, axis={axis}, ord=1)",
            f"np.average({{0}}, axis={axis})",
        )
    )
    return Made(template, (x.name,), shape)


def _reduce_mask(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((BOOLEAN, INTEGER)), (1, 3))
    if x is None:
        return None
    axis = p.r.randrange(len(x.shape))
    shape = _without(x.shape, (axis,), kept=False)
    if x.kind == BOOLEAN:
        name, kind = p.r.choice((("all", BOOLEAN), ("any", BOOLEAN), ("sum", INTEGER), ("count_nonzero", INTEGER)))
    else:
        name, kind = p.r.choice((("sum", INTEGER), ("max", INTEGER), ("mean", REAL), ("min", INTEGER)))
    return Made(f"np.{name}({{0}}, axis={axis})", (x.name,), shape, kind)


def _running(p: Pool) -> Made | None:
    x = p.pick(REAL, (1, 3))
    if x is None or p.count(x.shape) > 3000:
        return None
    axis = p.r.randrange(len(x.shape))
    if p.r.random() < 0.3 and len(x.shape) == 1:
        return Made(p.r.choice(("np.cumsum({0})", "{0}.cumsum()", "np.add.accumulate({0})")), (x.name,), x.shape)
    name = p.r.choice(("cumsum", "cumsum", "cumprod"))
    return Made(f"np.{name}(np.tanh({{0}}), axis={axis})", (x.name,), x.shape)


# -------------------------------------------------------------------------------------------------------------- shape


def _shape(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((REAL, REAL, REAL, INTEGER, BOOLEAN)), (0, 3))
    if x is None:
        return None
    s, rank = x.shape, len(x.shape)
    found: list[tuple[str, Shape]] = [
        ("{0}[None]", (ONE, *s)),
        ("{0}[..., None]", (*s, ONE)),
        ("np.expand_dims({0}, -1)", (*s, ONE)),
        ("np.ravel({0})", (product(s),)),
        ("{0}.reshape(-1)", (product(s),)),
        ("np.atleast_2d({0})", s if rank >= 2 else (ONE, *(s or (ONE,)))),
    ]
    if rank:
        order = list(range(rank))
        p.r.shuffle(order)
        found += [
            ("{0}.T", s[::-1]),
            ("np.transpose({0})", s[::-1]),
            (f"np.transpose({{0}}, {tuple(order)!r})", tuple(s[k] for k in order)),
            ("{0}[::-1]", s),
            ("np.flip({0})", s),
            (f"np.flip({{0}}, {rank - 1})", s),
            ("np.roll({0}, 1, axis=0)", s),
            (f"np.roll({{0}}, -2, axis={-rank})", s),
            ("np.roll({0}, 3)" if rank == 1 else "{0}", s),
            ("{0}[...]", s),
            ("{0}[:]", s),
            ("np.repeat({0}, 2, axis=0)", (s[0] * 2, *s[1:])),
            ("np.repeat({0}, 3)", (product(s) * 3,)),
            ("np.tile({0}, 2)", (*s[:-1], s[-1] * 2)),
            ("np.tile({0}, (2, 1))", ((size(2), *s) if rank == 1 else (*s[:-2], s[-2] * 2, s[-1]))),
        ]
        if ONE in s:
            at = s.index(ONE)
            found += [(f"np.squeeze({{0}}, axis={at})", s[:at] + s[at + 1 :])] * 2
    if rank >= 2:
        found += [
            ("np.swapaxes({0}, 0, -1)", (s[-1], *s[1:-1], s[0])),
            ("np.moveaxis({0}, 0, -1)", (*s[1:], s[0])),
            ("{0}[:, ::-1]", s),
            ("{0}.reshape({0}.shape[0] * {0}.shape[1], -1)" if rank == 3 else "{0}.reshape(-1)",
             (s[0] * s[1], s[2]) if rank == 3 else (product(s),)),
            ("{0}.reshape(({0}.shape[1], {0}.shape[0]))" if rank == 2 else "{0}", s[::-1] if rank == 2 else s),
            ("np.tril({0})" if x.kind == REAL else "{0}", s),
            ("np.triu({0}, 1)" if x.kind == REAL else "{0}", s),
        ]  # fmt: skip
        if s[0] == s[1] and rank == 2:
            found += [("np.diagonal({0})", s[:1]), ("np.diag({0})", s[:1]), ("{0} + {0}.T", s)]
    if rank == 1 and x.kind == REAL and p.length(s[0]) <= 130:
        found.append(("np.diag({0})", (s[0], s[0])))
    template, shape = p.r.choice(found)
    if p.count(shape) > ELEMENTS or len(shape) > 4:
        return None
    kind = INTEGER if template == "{0} + {0}.T" and x.kind == INTEGER else x.kind
    return Made(template, (x.name,), shape, kind)


# A slice's text, and the length that it leaves of n: what is too short is refused by gradc, and not compared.
_SLICES: tuple[tuple[str, Callable[[Size], Size], int], ...] = (
    ("1:", lambda n: n - 1, 1),
    (":-1", lambda n: n - 1, 1),
    ("1:-1", lambda n: n - 2, 2),
    ("::-1", lambda n: n, 0),
    ("::2", lambda n: (n + 1) // 2, 0),
    ("1::2", lambda n: n // 2, 1),
    ("::-2", lambda n: (n + 1) // 2, 0),
    ("-2:", lambda _: size(2), 2),
    (":2", lambda _: size(2), 2),
    ("2:", lambda n: n - 2, 2),
    (":", lambda n: n, 0),
    ("-1:0:-1", lambda n: n - 1, 1),
    ("-2::-1", lambda n: n - 1, 1),
    ("::3", lambda n: (n + 2) // 3, 0),
    (":-2:", lambda n: n - 2, 2),
)


def _slice(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((REAL, REAL, REAL, INTEGER, BOOLEAN)), (1, 3))
    if x is None:
        return None
    parts: list[str] = []
    shape: list[Size] = []
    for extent in x.shape[: p.r.randrange(1, len(x.shape) + 1)]:
        if p.r.random() < 0.25:
            at = p.r.choice((0, -1, 1, -2))
            if not -p.length(extent) <= at < p.length(extent):
                return None
            parts.append(str(at))
            continue
        if p.r.random() < 0.1:
            parts.append("None")
            shape.append(ONE)
        text, length, least = p.r.choice(_SLICES)
        if p.length(extent) < least:
            return None
        parts.append(text)
        shape.append(length(extent))
    rest = x.shape[sum(part != "None" for part in parts) :]
    if p.r.random() < 0.15:
        parts.append("...")
    if len(shape) + len(rest) > 4:
        return None
    return Made(f"{{0}}[{', '.join(parts)}]", (x.name,), (*shape, *rest), x.kind)


def _join(p: Pool) -> Made | None:
    x = p.pick(p.r.choice((REAL, REAL, REAL, INTEGER)), (1, 3))
    if x is None:
        return None
    same = [v for v in p.items if v.kind == x.kind and v.shape == x.shape]
    y = p.r.choice(same)
    axis = p.r.randrange(len(x.shape))
    s = x.shape
    doubled = (*s[:axis], s[axis] * 2, *s[axis + 1 :])
    found: list[tuple[str, Shape]] = [
        (f"np.concatenate([{{0}}, {{1}}], axis={axis})", doubled),
        (f"np.concatenate(({{0}}, {{1}}), axis={axis - len(s)})", doubled),
        ("np.concatenate([{0}, {1}, {0}])", (s[0] * 3, *s[1:])),
        (f"np.stack([{{0}}, {{1}}], axis={axis})", (*s[:axis], size(2), *s[axis:])),
        ("np.stack(({0}, {1}, {0}), axis=-1)", (*s, size(3))),
        ("np.hstack([{0}, {1}])", (s[0] * 2,) if len(s) == 1 else (s[0], s[1] * 2, *s[2:])),
        ("np.vstack([{0}, {1}])", (size(2), *s) if len(s) == 1 else (s[0] * 2, *s[1:])),
        ("np.concatenate([{0}[1:], {1}], axis=0)", (s[0] * 2 - 1, *s[1:])),
        ("np.append({0}, {1})", (product(s) * 2,)),
    ]  # fmt: skip
    if len(s) == 1:
        found.append(("np.column_stack([{0}, {1}])", (*s, size(2))))
    if x.kind == REAL:
        wide = tuple(extent + 3 for extent in s)
        found += [
            ("np.pad({0}, (1, 2))", wide),
            ("np.pad({0}, (1, 2), constant_values=0.5)", wide),
            (f"np.diff({{0}}, axis={axis})", (*s[:axis], s[axis] - 1, *s[axis + 1 :])),
            ("np.pad({0}, 1, mode='edge')", tuple(extent + 2 for extent in s)),
        ]
        if p.length(s[axis]) < 1:
            found = found[:-2]
    template, shape = p.r.choice(found)
    if p.count(shape) > ELEMENTS or len(shape) > 4 or p.length(s[0]) < 1:
        return None
    return Made(template, (x.name, y.name), shape, x.kind)


def _broadcast_to(p: Pool) -> Made | None:
    x, y = p.pick(), p.pick()
    if not x or not y or broadcast(x.shape, y.shape) != y.shape:
        return None
    return Made("np.broadcast_to({0}, {1}.shape)", (x.name, y.name), y.shape)


# ------------------------------------------------------------------------------------------------------------- gathers


def _gather(p: Pool) -> Made | None:
    x, at = p.pick(p.r.choice((REAL, REAL, REAL, INTEGER)), (1, 3)), p.pick(INTEGER, (0, 2))
    if not x or not at:
        return None
    s, rank = x.shape, len(x.shape)
    # Taken modulo the axis, so that an index of any numbers is in range wherever the axis is not empty.
    safe = "{1} % {0}.shape[0]" if p.r.random() < 0.8 else "{1}"
    found: list[tuple[str, Shape]] = [(f"{{0}}[{safe}]", (*at.shape, *s[1:]))] * 3
    found.append((f"np.take({{0}}, {safe}, axis=0)", (*at.shape, *s[1:])))
    if rank >= 2:
        last = "{1} % {0}.shape[1]"
        found += [
            (f"{{0}}[:, {last}]", (s[0], *at.shape, *s[2:])),
            (f"{{0}}[{safe}, {last}]", (*at.shape, *s[2:])),
            (f"np.take({{0}}, {last}, axis=1)", (s[0], *at.shape, *s[2:])),
            (f"{{0}}[0, {last}]", (*at.shape, *s[2:])),
            (f"{{0}}[1:, {last}]", (s[0] - 1, *at.shape, *s[2:])),
        ]
        if at.shape == s[:1]:
            found.append((f"{{0}}[np.arange({{0}}.shape[0]), {last}]", s[:1] + s[2:]))
            if rank == 2:
                found.append((f"np.take_along_axis({{0}}, ({last})[:, None], axis=1)", (s[0], ONE)))
    template, shape = p.r.choice(found)
    if len(shape) > 4 or p.count(shape) > ELEMENTS or p.length(s[0]) < 1 or (rank > 1 and p.length(s[1]) < 1):
        return None
    return Made(template, (x.name, at.name), shape, x.kind)


# -------------------------------------------------------------------------------------------------------- contractions


def _contract(p: Pool) -> Made | None:
    x, y = p.pick(REAL, (1, 3)), p.pick(REAL, (1, 3))
    if x is None or y is None:
        return None
    s, t = x.shape, y.shape
    found: list[tuple[str, Shape]] = []
    if len(s) == 1 and s == t:
        found += [("{0} @ {1}", ()), ("np.dot({0}, {1})", ()), ("np.inner({0}, {1})", ()), ("np.vdot({0}, {1})", ())]
        found.append(("np.einsum('i,i->', {0}, {1})", ()))
    if len(s) == 1 and len(t) == 1:
        found += [
            ("np.outer({0}, {1})", (*s, *t)),
            ("np.einsum('i,j->ij', {0}, {1})", (*s, *t)),
            ("np.einsum('i,j->ji', {0}, {1})", (*t, *s)),
            ("np.einsum('i,j->i', {0}, {1})", s),
            ("np.kron({0}, {1})", (s[0] * t[0],)),
            ("{0}[:, None] * {1}", (*s, *t)),
            ("np.maximum({0}[:, None], {1}[None, :])", (*s, *t)),
            ("np.exp(-(({0}[:, None] - {1}) ** 2))", (*s, *t)),
        ]
    if len(s) == 2 and t == s[1:]:
        found += [("{0} @ {1}", s[:1]), ("np.dot({0}, {1})", s[:1]), ("np.einsum('ij,j', {0}, {1})", s[:1])] * 2
        found += [("np.matmul({0}, {1})", s[:1]), ("{0} * {1}", s), ("np.einsum('ij,j->ij', {0}, {1})", s)]
    if len(s) == 2 and t == s[:1]:
        found += [("{1} @ {0}", s[1:]), ("{0}.T @ {1}", s[1:]), ("np.einsum('ij,i->j', {0}, {1})", s[1:])] * 2
    if len(s) == 2 and len(t) == 2:
        if s[1] == t[0]:
            found += [("{0} @ {1}", (s[0], t[1])), ("np.einsum('ij,jk->ik', {0}, {1})", (s[0], t[1]))] * 2
            found += [("np.einsum('ij,jk->ki', {0}, {1})", (t[1], s[0])), ("np.einsum('ij,jk->', {0}, {1})", ())]
            found.append(("np.tensordot({0}, {1}, axes=1)", (s[0], t[1])))
        if s[1] == t[1]:
            found += [("{0} @ {1}.T", (s[0], t[0])), ("np.inner({0}, {1})", (s[0], t[0]))]
            found.append(("np.einsum('ik,jk->ij', {0}, {1})", (s[0], t[0])))
        if s[0] == t[0]:
            found += [("{0}.T @ {1}", (s[1], t[1])), ("np.tensordot({0}, {1}, axes=(0, 0))", (s[1], t[1]))]
        if s == t:
            found += [("np.einsum('ij,ij->i', {0}, {1})", s[:1]), ("np.sum({0} * {1}, axis=0)", s[1:])]
    if len(s) == 2 and s[0] == s[1]:
        found += [("np.trace({0})", ()), ("np.einsum('ii', {0})", ()), ("np.einsum('ii->i', {0})", s[:1])]
    if len(s) == 3 and len(t) == 2 and s[2] == t[0]:
        found.append(("{0} @ {1}", (s[0], s[1], t[1])))
        found.append(("np.einsum('bij,jk->bik', {0}, {1})", (s[0], s[1], t[1])))
    if len(s) == 3 and t == s:
        found.append(("np.einsum('bij,bkj->bik', {0}, {1})", (s[0], s[1], s[1])))
        found.append(("{0} @ np.swapaxes({1}, 1, 2)", (s[0], s[1], s[1])))
    found = [(text, shape) for text, shape in found if p.count(shape) <= ELEMENTS]
    if not found:
        return None
    template, shape = p.r.choice(found)
    return Made(template, (x.name, y.name), shape)


def _linear_algebra(p: Pool) -> Made | None:
    x = p.pick(REAL, (2, 2))
    if x is None or p.length(x.shape[0]) > 9 or p.length(x.shape[1]) > 600:
        return None
    s = x.shape
    # Well conditioned: a multiple of the identity and a bounded matrix that is smaller.
    if s[0] == s[1]:
        matrix = "(np.tanh({0}) / {0}.shape[0] + 2 * np.eye({0}.shape[0]))"
        definite = "(np.tanh({0}) @ np.tanh({0}).T / {0}.shape[0] + np.eye({0}.shape[0]))"
    else:
        matrix = definite = "(np.tanh({0}) @ np.tanh({0}).T / (1 + {0}.shape[1]) + np.eye({0}.shape[0]))"
    square = (s[0], s[0])
    right = [v for v in p.items if v.kind == REAL and v.shape in ((s[0],), s)]
    found: list[tuple[str, Shape]] = [
        (f"np.linalg.inv({matrix})", square),
        (f"np.linalg.det({matrix})", ()),
        (f"np.linalg.slogdet({matrix})[1]", ()),
        (f"np.linalg.cholesky({definite})", square),
        (f"np.sum(np.log(np.diag(np.linalg.cholesky({definite}))))", ()),
        (f"np.linalg.matrix_power({matrix}, 2)", square),
    ]
    y = p.r.choice(right) if right else x
    if right:
        found += [(f"np.linalg.solve({matrix}, {{1}})", y.shape)] * 3
        found += [(f"np.linalg.inv({matrix}) @ {{1}}", y.shape)]
    template, shape = p.r.choice(found)
    return Made(template, (x.name, y.name), shape)


# ------------------------------------------------------------------------------------------------- loops and writes


def _scan(p: Pool) -> Made | None:
    xs = p.pick(REAL, (1, 2))
    if xs is None or p.length(xs.shape[0]) > 130:
        return None
    initial = [v for v in p.items if v.kind == REAL and v.shape == xs.shape[1:]]
    init = p.r.choice(initial).name if initial else "0.5"
    other = p.partner(Item("", xs.shape[1:], REAL)) or "0.5"
    if not initial and len(xs.shape) > 1:
        return None
    step = p.r.choice(
        (
            "np.tanh(held + 0.5 * given) * {2}",
            "0.5 * held + given",
            "np.maximum(held, given)",
            "np.where(given > 0, held + given, 0.5 * held)",
            "np.sin(held) + given * {2}",
        )
    )
    collected = p.r.choice(("held", "held * given", "after", "after - held"))
    text = f"def advance(held, given):\n    after = {step}\n    return after, {collected}\n"
    if p.r.random() < 0.5:
        return Made(text + "_, {target} = gradc.scan(advance, {1}, {0})", (xs.name, init, other), xs.shape)
    return Made(text + "{target}, _ = gradc.scan(advance, {1}, {0})", (xs.name, init, other), xs.shape[1:])


def _loop(p: Pool) -> Made | None:
    x = p.pick()
    other = x and p.partner(x)
    if not x or not other:
        return None
    text = p.r.choice(
        (
            "{target} = {0}\nfor turn in range(1, 4):\n    {target} = {target} - {1} * np.sin(turn * {target}) / turn",
            "{target} = 0\nfor turn in range(3):\n    {target} = {target} + np.cos(turn * {0}) * {1}",
            "helper = lambda u, v=0.5: np.tanh(u) * v\n{target} = helper({0}) + helper({0}, {1})",
            "pair = [{0}, {0} * {1}]\n{target} = pair[0] + pair[1]",
        )
    )
    return Made(text, (x.name, other), x.shape)


def _write(p: Pool) -> Made | None:
    x = p.pick(REAL, (1, 2))
    other = x and p.partner(x)
    if not x or not other or p.length(x.shape[0]) < 1:
        return None
    text = p.r.choice(
        (
            "{target} = {0}.copy()\n{target} += {1}",
            "{target} = {0} * 1.0\nalias = {target}\nalias *= {1}\n{target} = {target} + alias",
            "{target} = np.zeros({0}.shape)\n{target}[...] = {0}\n{target} += {1}",
            "{target} = {0} + 0.0\nview = {target}[1:]\nview[...] = 0.25",
            "{target} = {0} + 0.0\n{target}[0] = 1.5",
            "{target} = {0} + 0.0\n{target}[::2] *= 2",
            "{target} = {0} + 0.0\nnp.add({target}, {1}, out={target})",
            "{target} = {0} + 0.0\nview = {target}.T\nview -= 1",
            "{target} = {0} + 0.0\n{target}[{target} < 0] = 0",
            "{target} = {0} + 0.0\nview = {target}.ravel()\nview[0] = 2.0",
        )
    )
    return Made(text, (x.name, other), x.shape)


MAKERS: tuple[tuple[Callable[[Pool], Made | None], int], ...] = (
    (_unary, 14),
    (_binary, 12),
    (_compare, 4),
    (_logical, 2),
    (_choose, 5),
    (_whole, 4),
    (_to_real, 4),
    (_to_whole, 2),
    (_reduce, 10),
    (_reduce_ufunc, 3),
    (_reduce_mask, 2),
    (_running, 2),
    (_shape, 8),
    (_slice, 7),
    (_join, 6),
    (_broadcast_to, 2),
    (_gather, 6),
    (_contract, 12),
    (_linear_algebra, 3),
    (_scan, 2),
    (_loop, 2),
    (_write, 1),
)


# ------------------------------------------------------------------------------------------------------------ the draft


def random_draft(seed: int, most: int = 9, largest: int = 512) -> Draft:
    """A function of up to so many statements, its dimensions of at most this size; equal seeds give equal functions."""
    r = random.Random(seed)  # noqa: S311 - it is to be repeatable
    taken: set[str] = set()

    def name(plain: tuple[str, ...]) -> str:
        while True:
            chosen = r.choice(HOSTILE) if r.random() < 0.2 else r.choice(plain)
            while chosen in taken and r.random() < 0.7:
                chosen += r.choice("_0")
            if chosen not in taken:
                taken.add(chosen)
                return chosen

    dims: list[tuple[str, int]] = []
    for _ in range(r.randrange(1, 4)):
        long = r.random() < 0.25 and all(number < 100 for _, number in dims)
        pool = [number for number in (SIZES if long else (*SIZES[:7], *_LIKELY)) if number <= largest]
        dims.append((name(PLAIN_DIMS), r.choice(pool)))
    draft = Draft(r.choice(HOSTILE) if r.random() < 0.2 else "loss", tuple(dims), (), (), seed)
    arguments = tuple(_arguments(r, draft, name))
    draft = draft._replace(arguments=arguments)
    if draft.name in taken or draft.name in ("_",):
        draft = draft._replace(name="loss_")
    p = Pool(r, [Item(a.name, a.shape, a.kind) for a in arguments], draft)
    makers, weights = zip(*MAKERS, strict=True)
    statements: list[Statement] = []
    wanted = r.randrange(1, most + 1)
    for _ in range(8 * wanted):
        if len(statements) == wanted:
            break
        (maker,) = r.choices(makers, weights)
        made = maker(p)
        if made is None or p.count(made.shape) > ELEMENTS:
            continue
        target = f"v{len(statements)}"
        while target in taken:
            target += "_"
        statements.append(Statement(target, made.template, made.operands, made.shape, made.kind))
        p.items.append(Item(target, made.shape, made.kind))
    statements += _ending(r, p)
    return draft._replace(statements=tuple(statements))


def lengthened(draft: Draft, rows: int = 600) -> Draft:
    """The draft with so many rows in the first of its dimensions, and few in the others, where that is not too much."""
    first, *others = draft.dims
    long = draft._replace(dims=((first[0], rows), *((name, min(number, 3)) for name, number in others)))
    known = atoms_of(long)
    shapes = [*(a.shape for a in draft.arguments), *(s.shape for s in draft.statements)]
    too_large = any(product(shape).evaluate(known) > 20 * ELEMENTS for shape in shapes)
    squares = any(name in s.template for s in draft.statements for name in ("linalg", "scan", "cum"))
    return draft if too_large or squares else long


def _arguments(r: random.Random, draft: Draft, name: Callable[[tuple[str, ...]], str]) -> list[Argument]:
    """Arguments by whose shapes every dimension is known."""
    dims, known = [symbol(dim) for dim, _ in draft.dims], atoms_of(draft)
    found: list[Argument] = []
    draws = ("normal", "normal", "normal", "positive", "ties", "spread")
    for dim in dims:
        shape: Shape = r.choice(((dim,), (dim,), (dim, r.choice(dims)), (r.choice(dims), dim), (dim, dim)))
        shape = shape if product(shape).evaluate(known) <= ELEMENTS else (dim,)
        found.append(Argument(name(PLAIN_ARGUMENTS), shape, "real", r.choice(draws)))
    for _ in range(r.randrange(4)):
        derived = [
            r.choice(dims) + 1,
            2 * r.choice(dims),
            r.choice(dims),
            size(3),
            r.choice(dims) * r.choice(dims),
            ONE,
        ]
        shape = tuple(r.choice(derived) for _ in range(r.choice((0, 1, 1, 2, 2, 3))))
        shape = shape if product(shape).evaluate(known) <= ELEMENTS else shape[:1]
        shape = shape if product(shape).evaluate(known) <= ELEMENTS else ()
        kind = r.random()
        if kind < 0.55:
            found.append(Argument(name(PLAIN_ARGUMENTS), shape, "real", r.choice(draws)))
        elif kind < 0.8:
            dtype = r.choice(("int64", "int64", "int32"))
            found.append(Argument(name(("idx", "p")), shape[:2], dtype, r.choice(("index", "index", "signed"))))
        elif kind < 0.95:
            found.append(Argument(name(("mask", "keep")), shape[:2], "bool", "mask"))
        else:
            found.append(Argument(name(PLAIN_ARGUMENTS), shape[:2], r.choice(("float32", "float64")), "normal"))
    r.shuffle(found)
    return found


def _ending(r: random.Random, p: Pool) -> list[Statement]:
    """Statements that bring the last values to one number, or to a real array."""
    last = p.items[-1]
    if last.kind != REAL and r.random() < 0.8:
        statement = Statement("total", "{0} * 1.0", (last.name,), last.shape, REAL)
        p.items.append(Item("total", last.shape, REAL))
        return [statement, *_ending(r, p)] if last.shape else [statement]
    if last.shape and r.random() < 0.65:
        real = ("np.sum({0})", "np.mean(np.tanh({0}))", "np.sum(np.sin({0}))", "np.sum({0} ** 2)")
        template = r.choice(real) if last.kind == REAL else "np.sum({0} * 0.5)"
        return [Statement("result", template, (last.name,), (), REAL)]
    return []


__all__ = ["ELEMENTS", "HOSTILE", "MAKERS", "SIZES", "ZERO", "Item", "Made", "Pool", "broadcast", "random_draft"]
