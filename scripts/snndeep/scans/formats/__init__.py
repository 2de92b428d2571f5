"""The formats of scans and masks that are converted to NIfTI, one module each; `registry` reads with them.

To add one: write a module with a `Format` named FORMAT and add a line here.
"""

FORMATS = {
    "DICOM SEG": "snndeep.scans.formats.dicom_seg",
    "DICOM RTSTRUCT": "snndeep.scans.formats.rtstruct",
    "a folder with one file per structure": "snndeep.scans.formats.structures",
    "a folder of PNG slices": "snndeep.scans.formats.png_slices",
    "enhanced multi-frame DICOM": "snndeep.scans.formats.dicom_frames",
    "a DICOM series": "snndeep.scans.formats.dicom_series",
    "NIfTI": "snndeep.scans.formats.nifti",
    "NRRD or MetaImage": "snndeep.scans.formats.itk",
    "Analyze or MGH": "snndeep.scans.formats.analyze",
}
"""Module by name; the first that recognises a source reads it."""
