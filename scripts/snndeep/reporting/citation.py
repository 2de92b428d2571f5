"""What a paper that uses the results cites, as BibTeX."""

from __future__ import annotations

PAPER_DOI = "10.48550/arXiv.2508.20125"
PAPER_TITLE = (
    "Improving Liver Disease Diagnosis with SNNDeep: A Custom Spiking Neural Network Using Diverse Learning Algorithms"
)

ENTRIES = (
    f"""@article{{rudnicka2025snndeep,
  title   = {{{PAPER_TITLE}}},
  author  = {{Rudnicka, Zofia and Szczepanski, Janusz and Pregowska, Agnieszka}},
  journal = {{arXiv}},
  year    = {{2025}},
  doi     = {{{PAPER_DOI}}}
}}""",
    """@article{molder2021snakemake,
  title   = {Sustainable data analysis with Snakemake},
  author  = {M{\\"o}lder, Felix and others},
  journal = {F1000Research},
  volume  = {10},
  pages   = {33},
  year    = {2021},
  doi     = {10.12688/f1000research.29032.2}
}""",
    """@article{zwanenburg2020ibsi,
  title   = {The Image Biomarker Standardization Initiative: Standardized Quantitative Radiomics for High-Throughput
             Image-based Phenotyping},
  author  = {Zwanenburg, Alex and others},
  journal = {Radiology},
  volume  = {295},
  number  = {2},
  pages   = {328--338},
  year    = {2020},
  doi     = {10.1148/radiol.2020191145}
}""",
)


def bibtex(version: str) -> str:
    """Return the entries of the paper, of this software in the version that was used, of Snakemake and of IBSI."""
    software = f"""@software{{snndeep,
  title   = {{SNNDeep: a Snakemake pipeline from liver CT scans to a study of spiking neural networks}},
  author  = {{{{The SNNDeep authors}}}},
  version = {{{version}}}
}}"""
    return "\n\n".join([ENTRIES[0], software, *ENTRIES[1:]]) + "\n"
