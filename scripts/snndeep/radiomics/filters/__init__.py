"""Image filters by the definitions of the Image Biomarker Standardisation Initiative (IBSI), chapter 2.

Reference: Depeursinge et al., "Standardised convolutional filtering for radiomics", arXiv:2006.05470. There is one module
per family of filters; `registry` knows them by name.
"""
