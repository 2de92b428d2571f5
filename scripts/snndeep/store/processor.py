"""What a result was computed on, as far as its last bits depend on it."""

from __future__ import annotations

import contextlib
import platform
from functools import cache
from importlib import import_module


@cache
def processor() -> dict[str, str]:
    """Return the type of the processor and the kernels that libraries choose for it.

    Compiled code (numba, through LLVM) and matrix products (OpenBLAS) use the instructions that a processor has. Sums are
    then taken in another order, so results of two types of processor agree to rounding, not to the last bit.
    """
    found = {"machine": platform.machine()}
    with contextlib.suppress(ImportError):
        found["compiled for"] = str(import_module("llvmlite.binding").get_host_cpu_name())
    with contextlib.suppress(ImportError):
        import_module("numpy")
        libraries = import_module("threadpoolctl").threadpool_info()
        kernels = {str(library["architecture"]) for library in libraries if library.get("architecture")}
        found["matrix products"] = ", ".join(sorted(kernels))
    return {name: value for name, value in found.items() if value}
