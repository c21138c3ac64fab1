"""What Hilum mailed, read from the development mailbox as whoever develops would."""

import re

from api.mail.mailbox import FILE_NAME
from api.unit_of_work import House
from tests.waiting import until

WAIT_SECONDS = 5.0
END = "-" * 72 + "\n"
CODE = re.compile(r"Your code is (\d{6})\.")
INVITATION = re.compile(r"#/invitations/(\S+)")


def mails_to(house: House, email: str) -> list[str]:
    """Oldest first."""
    file = house.settings.data / FILE_NAME
    mails = file.read_text().split(END) if file.exists() else []
    return [mail for mail in mails if mail.startswith(f"To: {email}\n")]


async def mail_to(house: House, email: str, number: int = 1) -> str:
    """The mail of that number to the address, which may still be on its way."""
    await until(lambda: len(mails_to(house, email)) >= number, WAIT_SECONDS)
    return mails_to(house, email)[number - 1]


async def code_for(house: House, email: str, number: int = 1) -> str:
    found = CODE.search(await mail_to(house, email, number))
    assert found is not None
    return found.group(1)
