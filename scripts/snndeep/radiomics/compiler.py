"""How the radiomics kernels are compiled: exactly as written, since their results are compared digit by digit."""

from __future__ import annotations

from snndeep.compilation import compiler

compiled = compiler("the radiomics kernels", {"nogil": True})
