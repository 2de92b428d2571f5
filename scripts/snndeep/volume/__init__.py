"""CT volumes and masks: NIfTI headers, canonical orientation and streamed reading.

`read_header` is the cheap look at a file before long work, `read_case` the reader of an image with its mask. Every
way in which a scan can be unusable is an error of its own in `snndeep.volume.errors`.
"""

from snndeep.volume.case import CaseVolume, read_case
from snndeep.volume.header import ScanHeader, read_header

__all__ = ["CaseVolume", "ScanHeader", "read_case", "read_header"]
