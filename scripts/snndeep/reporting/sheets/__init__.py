"""The tables of the report. `sheet` says what one is; each other module makes those of one part of the page."""
