"""Build a kernel ahead of time: its C, its header, and a package that needs neither gradc nor a compiler."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradc.compiled import Kernel
from gradc.derivatives import form_of, stored_blocks
from gradc.emit.names import c_identifier
from gradc.modes import SHIPPED
from gradc.runtime.artefact import Shipped, build_artefact
from gradc.runtime.blocks import DENSE, nesting_of
from gradc.runtime.forks import unforked
from gradc.units import emit, render, shipped_entry


@unforked
def write_artefact(kernel: Kernel, directory: Path | str, derivatives: Sequence[str] = ()) -> tuple[Path, ...]:
    """Build a kernel ahead of time into `directory`, with these second derivatives; gives the paths written."""
    if kernel._made_of is not None and not kernel._made_of.compared:
        kernel._made_of.compare_sample(kernel.dtype)
    units = kernel.units()
    entries = [shipped_entry(unit) for unit in units]
    shipped = []
    for what in derivatives:
        mode = kernel._chosen(SHIPPED[what])
        derived = kernel._derived(mode)
        unit = kernel._emitted(derived.program, what)
        entry = shipped_entry(unit)
        blocks, form = stored_blocks(derived), form_of(mode.name, derived, len(kernel.wrt), kernel._single)
        nesting = nesting_of(form, blocks)
        units.append(unit)
        if nesting is not None and all(block.kind == DENSE for block in blocks):
            entries.append(entry._replace(returns=nesting))
            continue
        entries.append(entry)
        places = None
        if derived.places is not None:
            units.append(emit(derived.places, f"{what}_places", kernel.name, kernel.dtype, whole=True))
            entries.append(shipped_entry(units[-1]))
            places = entries[-1].name
        shipped.append(Shipped(entry.name, places, blocks, form))
    source = render(units, kernel.program, kernel.name, kernel.dtype, include=True)
    # The file that the C includes is named as C names the kernel, which differs where that is a word of C.
    name = c_identifier(kernel.name)
    return tuple(build_artefact(name, source.c, source.header, entries, Path(directory), derivatives=shipped))
