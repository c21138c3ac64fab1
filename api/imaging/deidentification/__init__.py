"""De-identification by the Basic Application Level Confidentiality Profile, PS3.15 Annex E.

Arrays of elements in, elements out: no files, no network. Not for: cleaning pixels. An image whose pixels may hold
text is refused, for the basic profile alone never makes pixels clean (PS3.15 E.3.1).
"""

from api.imaging.deidentification.burned_in import pixels_at_risk
from api.imaging.deidentification.data_sets import CannotDeidentify, deidentify, deidentify_file
from api.imaging.deidentification.options import Option
from api.imaging.deidentification.pseudonyms import Pseudonyms

__all__ = ["CannotDeidentify", "Option", "Pseudonyms", "deidentify", "deidentify_file", "pixels_at_risk"]
