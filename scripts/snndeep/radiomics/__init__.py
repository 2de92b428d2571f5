"""Radiomics features of a CT region by the definitions of the Image Biomarker Standardisation Initiative (IBSI).

Reference: Zwanenburg et al., "Image biomarker standardisation initiative, reference manual", arXiv:1612.07003.
`extract.extract_case` is the way in; there is one module of formulas per family.

Modules that hold names and settings are imported where nothing is compiled: for planning and for the report. So the compiled
kernels are imported by the functions that call them.
"""
