# `snakemake` in this folder finds this file. The workflow is workflow/Snakefile, where catalogs look for it.
include: "workflow/Snakefile"


# An included file does not say what is made by default.
workflow.default_target = workflow.modifier.modify_rulename("all")
