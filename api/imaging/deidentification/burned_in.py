"""Whether the pixels of an image may show who it is of, by what its headers say.

Nobody looks at the pixels here: what is not known to be free of text is refused (PS3.15 E.3.1 Clean Pixel Data is not
offered).
"""

from pydicom.dataset import Dataset

# Pictures that come straight from the detector; a screen's copy never does.
_CLEAN_MODALITIES = frozenset({"CT", "MR", "PT", "NM", "CR", "DX", "MG", "RTIMAGE"})
_SCREENS = frozenset({"SECONDARY", "SCREEN SAVE", "SCREENSHOT", "DOSE INFO", "DOSE", "REPORT", "PHOTO", "CSA REPORT"})
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def pixels_at_risk(data_set: Dataset) -> str | None:
    """Why its pixels may show text, in words for the user; None where its headers give no reason to think so."""
    if "PixelData" not in data_set and "FloatPixelData" not in data_set and "DoubleFloatPixelData" not in data_set:
        return "It is no image; only images are de-identified."
    said = str(data_set.get("BurnedInAnnotation", "") or "").strip().upper()
    if said == "YES":
        return "Its header says that text is burned into the pixels."
    if str(data_set.get("SOPClassUID", "")).startswith(_SECONDARY_CAPTURE):
        return "It is a copy of a screen (secondary capture), which may show a name."
    kinds = data_set.get("ImageType") or ()
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if any(str(kind).strip().upper() in _SCREENS for kind in kinds[1:]):
        return "Its image type says that it was made from a screen or a report, which may show a name."
    modality = str(data_set.get("Modality", "") or "").strip().upper()
    if said != "NO" and modality not in _CLEAN_MODALITIES:
        return f"Images of modality {modality or 'unknown'} often show names, and its header does not say otherwise."
    if any(_holds_embedded_overlay(data_set, group) for group in range(0x6000, 0x6020, 2)):
        return "An overlay is hidden in unused bits of its pixels."
    return None


def _holds_embedded_overlay(data_set: Dataset, group: int) -> bool:
    """PS3.5 8.1.2 of editions before 2004: an overlay without data of its own lies in the pixels' unused bits."""
    return (group, 0x0010) in data_set and (group, 0x3000) not in data_set
