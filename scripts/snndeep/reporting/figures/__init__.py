"""The figures of the report: themes of pure functions from data to a matplotlib figure, and the catalogue of all."""
