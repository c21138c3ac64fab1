"""The storage SOP Classes whose instances are pictures that Hilum shows (PS3.4 B.5).

A list of what is taken, not of what is refused: segmentations, dose grids, reports, waveforms, presentation
states, encapsulated documents, video and whole-slide tiles all carry other meanings than a frame to look at.
"""

_STORAGE = "1.2.840.10008.5.1.4.1.1."

IMAGE_SOP_CLASSES: frozenset[str] = frozenset(
    _STORAGE + suffix
    for suffix in (
        *("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1"),  # CR, DX, mammography, intra-oral
        *("2", "2.1", "2.2"),  # CT, Enhanced CT, Legacy Converted Enhanced CT
        *("3", "3.1", "6", "6.1", "6.2"),  # ultrasound (multi-frame, retired, single, enhanced volume)
        *("4", "4.1", "4.3", "4.4"),  # MR, Enhanced MR, Enhanced MR Color, Legacy Converted Enhanced MR
        *("5", "20"),  # nuclear medicine (retired, current)
        *("7", "7.2", "7.3", "7.4"),  # secondary capture: single, and multi-frame grey byte, grey word, true color
        *("12.1", "12.1.1", "12.2", "12.2.1", "12.3"),  # X-ray angiography and fluoroscopy
        *("13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.1.5"),  # X-ray 3D, tomosynthesis
        *("14.1", "14.2"),  # intravascular OCT
        *("77.1", "77.1.1", "77.1.2", "77.1.3", "77.1.4"),  # visible light: endoscopic, microscopic, photographic
        *("77.1.5.1", "77.1.5.2", "77.1.5.4"),  # ophthalmic photography, tomography
        *("128", "128.1", "130"),  # PET, Legacy Converted Enhanced PET, Enhanced PET
        "481.1",  # RT Image
    )
)

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
