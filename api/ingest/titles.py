"""What a case is called when nobody named it: what it shows, in our own words, and never a word of the file.

Descriptions, body parts and even modalities are typed in by people, who write names and dates into them; so a file
only chooses among the words below.
"""

from uuid import UUID

# Modality (0008,0060), PS3.3 C.7.3.1.1.1
PICTURES = {
    **{"CT": "CT", "MR": "MR", "PT": "PET", "NM": "Scintigraphy", "US": "Ultrasound", "MG": "Mammography"},
    **{"CR": "X-ray", "DX": "X-ray", "RG": "X-ray", "RF": "Fluoroscopy", "XA": "Angiography"},
}
# Body Part Examined (0018,0015), PS3.16 annex L
BODY_PARTS = {
    **{"CHEST": "chest", "THORAX": "chest", "LUNG": "lungs", "LUNGS": "lungs", "HEART": "heart"},
    **{"ABDOMEN": "abdomen", "PELVIS": "pelvis", "LIVER": "liver", "KIDNEY": "kidneys"},
    **{"HEAD": "head", "BRAIN": "head", "NECK": "neck", "SKULL": "head", "BREAST": "breast"},
    **{"SPINE": "spine", "CSPINE": "spine", "TSPINE": "spine", "LSPINE": "spine"},
}
OTHER = "Images"
NUMBER_DIGITS = 4


def default_title(modality: str, body_part: str | None, case_key: UUID) -> str:
    """Such as "CT of the chest 4F1A"; the number, of the case's random key, tells cases apart."""
    shown = PICTURES.get(modality, OTHER)
    part = BODY_PARTS.get("".join((body_part or "").split()).upper())
    return f"{shown}{f' of the {part}' if part else ''} {case_key.hex[:NUMBER_DIGITS].upper()}"
