"""The figures of the report: by theme, pure functions from data to a matplotlib figure, and the catalogue of all figures."""
