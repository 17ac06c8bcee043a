"""Names for C: the program's own, changed only where C or libm has taken them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "_Bool _Complex _Imaginary bool true false NULL main asm class new delete this template typename namespace "
    "operator private public protected virtual friend try catch throw using and or not xor compl export mutable "
    "explicit"
)
_OWN = "work scratch value_out status INFINITY NAN HUGE_VAL isnan isinf signbit errno assert"
_LIBM = (
    "acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp ilogb ldexp log log10 "
    "log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma tgamma ceil floor nearbyint "
    "rint lrint llrint round lround llround trunc fmod remainder remquo copysign nan nextafter nexttoward fdim "
    "fmax fmin fma j0 j1 jn y0 y1 yn gamma drem significand exp10 pow10 sincos abs labs div ldiv rand srand "
    "malloc free calloc realloc exit abort memset memcpy memmove size_t ptrdiff_t index time clock signgam unix "
    "linux"
)
# Macros of <stdint.h>, <stddef.h> and <math.h>, and of the templates.
_MACRO = re.compile(
    r"U?INT(\d+|_LEAST\d+|_FAST\d+|PTR|MAX)_(MIN|MAX|WIDTH|C)|(SIZE|PTRDIFF|SIG_ATOMIC|WCHAR|WINT)_(MIN|MAX|WIDTH)"
    r"|(M|FP|MATH|GRADC)_\w+|HUGE(_VAL[FL]?)?|X_TLOSS|MAXFLOAT|SNANF?|DOMAIN|SING|OVERFLOW|UNDERFLOW|PLOSS|TLOSS"
)
_INTEGERS = " ".join(f"{u}int{bits}_t" for u in ("", "u") for bits in (8, 16, 32, 64))


@lru_cache(maxsize=1)
def reserved_names() -> frozenset[str]:
    """Every name that C, C++, its library or the templates give a meaning to."""
    libm = _LIBM.split()
    suffixed = [name + suffix for name in libm for suffix in ("f", "l")]
    return frozenset([*_KEYWORDS.split(), *_OWN.split(), *libm, *suffixed, *_INTEGERS.split()])


def c_identifier(name: str) -> str:
    """A name as a C identifier: what is not a letter or a digit of ASCII is spelled by its code."""
    spelled = "".join(c if c == "_" or (c.isascii() and c.isalnum()) else f"u{ord(c):04x}" for c in name)
    return spelled if not spelled[:1].isdigit() else f"n{spelled}"


class NameTable:
    """Hands out names, none twice.

    Parameters
    ----------
    taken
        Names that are given already, beside those that C or the templates have taken.
    apart
        What no name begins with: the functions that are cut from this one are called so.
    """

    def __init__(self, taken: Iterable[str] = (), apart: str = "gradc_") -> None:
        self.taken = set(taken) | reserved_names()
        self._apart = ("gradc_", "omp_", "_", apart)

    def choose(self, wanted: str) -> str:
        """The name, or the nearest that is free: with an underscore behind, or a number."""
        name = c_identifier(wanted)
        # What begins with `omp_` is OpenMP's, whose functions the macros of parallel loops call.
        if name.startswith(self._apart) or _MACRO.fullmatch(name):
            name = "v" + name
        candidate, count = name, 1
        while candidate in self.taken:
            candidate = f"{name}_" if count == 1 and not name.endswith("_") else f"{name}_{count}"
            count += 1
        self.taken.add(candidate)
        return candidate
