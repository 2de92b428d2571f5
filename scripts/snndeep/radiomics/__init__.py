"""Radiomic features as defined by the Image Biomarker Standardisation Initiative (IBSI, arXiv:1612.07003).

`extract` takes a case to its tables; `grid` resamples, `levels` discretises, one module per family holds the formulas.
"""
