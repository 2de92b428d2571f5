"""The report: `figures` draws, `tables` formats, `page` joins them to one self-contained HTML file."""
