"""Layouts of data sets in folders, one module each; `find` looks at a folder with them.

To add one: write a module with a function `find_scans(folder)` that returns a `Found`, or None, and add a line here.
"""

LAYOUTS = {
    "nnU-Net": "snndeep.scans.layouts.nnunet",
    "Medical Segmentation Decathlon": "snndeep.scans.layouts.decathlon",
    "LiTS": "snndeep.scans.layouts.lits",
    "3D-IRCADb": "snndeep.scans.layouts.ircadb",
    "CHAOS": "snndeep.scans.layouts.chaos",
    "TotalSegmentator": "snndeep.scans.layouts.totalsegmentator",
    "images and masks": "snndeep.scans.layouts.pairs",
}
"""Module by name; the first that finds scans is right, so the particular ones come first."""
