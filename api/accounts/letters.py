"""What accounts write to people. An address of ours never carries more than an invitation, and that behind its #."""

from datetime import datetime

from api.mail.mailer import Mail


def invitation_letter(email: str, organization: str, url: str, token: str, expires_at: datetime) -> Mail:
    return Mail(
        email,
        "You are invited to Hilum",
        f"{organization} invites you to Hilum, where chest CTs are read together.\n\n"
        f"Sign up at {url}/#/invitations/{token}\n\n"
        f"or give this invitation when you sign up: {token}\n\n"
        f"It is for {email} alone, and expires on {expires_at:%d %B %Y}.\n",
    )


def address_taken_letter(email: str, url: str) -> Mail:
    """To the owner of an account, instead of a code: whoever signed up is not told that there is one."""
    return Mail(
        email,
        "You have a Hilum account already",
        f"Somebody signed up at Hilum with this e-mail address, which has an account, or an invitation, already.\n\n"
        f"If it was you, sign in at {url}, by 'Forgotten password' if need be, or use your invitation. "
        "If it was not, there is nothing to do.\n",
    )


def password_changed_letter(email: str, url: str) -> Mail:
    return Mail(
        email,
        "Your Hilum password was changed",
        "Your password was changed with a code from your mail, and every session has ended.\n\n"
        f"If it was not you, set another one at {url} at once and tell your administrator.\n",
    )
