"""Bounds on what comes from outside."""

import os
import struct

import nibabel
import numpy as np
import pytest
import yaml

from snndeep.errors import DatasetError, LimitError
from snndeep.limits import LimitSettings, limits, require_extent, require_rows
from snndeep.plan.configuration import complete
from snndeep.store.content import state_of
from snndeep.volume.header import read_header


def test_limits_reach_a_job_through_the_environment(monkeypatch):
    assert limits() == LimitSettings()
    given = LimitSettings(table_rows=5, scan_voxels=7)
    for name, value in given.to_environment().items():
        monkeypatch.setenv(name, value)
    assert limits() == given


def test_a_header_that_asks_for_terabytes_is_refused(tmp_path):
    data = bytearray(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4)).to_bytes())
    struct.pack_into("<3h", data, 42, 32767, 32767, 32767)
    (tmp_path / "ct.nii").write_bytes(data)
    with pytest.raises(LimitError, match="32767 x 32767 x 32767") as caught:
        read_header(tmp_path / "ct.nii", "x")
    assert "limits.scan_voxels" in caught.value.remedy


def test_a_table_of_too_many_rows_or_without_end_is_refused(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("image,mask,patient\n" + "a,b,c\n" * 10)
    require_rows(table, 10)
    with pytest.raises(LimitError, match="more than 10 rows"):
        require_rows(table, 9)
    table.write_text("a" * 100_000)
    with pytest.raises(LimitError, match="line 1 longer"):
        require_rows(table, 10)


def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "table.csv")
    with pytest.raises(DatasetError, match="not a file"):
        require_rows(tmp_path / "table.csv", 10)
    with pytest.raises(OSError, match="pipe or a device"):
        state_of(tmp_path / "table.csv")


def test_a_few_lines_that_stand_for_billions_of_values_are_refused():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 12)]
    config = yaml.safe_load("\n".join(lines))
    with pytest.raises(LimitError, match="larger than the limit"):
        require_extent(config)
    with pytest.raises(LimitError, match="larger than the limit"):
        complete(config)
