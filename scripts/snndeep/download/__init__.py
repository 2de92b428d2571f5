"""Large files from the web: fetched in full or in parts, resumed where they stopped, written whole or not at all.

`remote` is one file behind HTTP, `transfer` brings a range of it to a file on disk, `mirrors` tries several addresses,
`archive` says what a tar holds and where without reading all of it.
"""
