"""dcmtk, which reads DICOM SR by code of its own: a group of tests, `make test-dicom`."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def dsrdump() -> str:
    found = shutil.which("dsrdump")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "dcmtk"]
        subprocess.run(install, check=True, capture_output=True)
        found = shutil.which("dsrdump")
    if found is None:
        pytest.fail("These tests need dcmtk: sudo apt-get install dcmtk")
    return found
