"""SNNDeep: from liver CT scans to a study of spiking neural networks.

The library knows nothing of Snakemake: every stage of the workflow is a function here that can be called and tested
by itself. This file imports nothing, because each conda environment holds only what its own stage needs.
"""
