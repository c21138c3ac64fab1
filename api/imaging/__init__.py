"""DICOM reading, geometry, pixels, volumes and pictures: arrays and open files in, values out.

Not for: storage, rows or jobs. Nothing here opens a file by name, logs or keeps state.
"""
