"""The report: `figures` draws, `sheets` makes tables, `page` combines them in one self-contained HTML file."""
