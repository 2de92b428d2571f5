"""Data sets of CT scans: folders, tables and the Decathlon; conversion to NIfTI and the check before long work."""
