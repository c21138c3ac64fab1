"""Who somebody is to us: sign-up and sign-in, second factor, sessions, invitations, roles.

`api.identity` proves who somebody is; here is what follows from it. Whoever is not signed in yet comes as a `Visitor`.
"""

from api.accounts.challenges import NewChallenge
from api.accounts.invitations import (
    InvitationToken,
    add_invitation,
    find_invitation,
    invite,
    list_invitations,
    revoke_invitation,
)
from api.accounts.news import tell_directory
from api.accounts.organizations import (
    create_organization,
    create_user,
    find_organization,
    remove_second_factor,
    set_open,
)
from api.accounts.password_reset import request_password_reset, reset_password
from api.accounts.people import list_users
from api.accounts.roles import set_disabled, set_role
from api.accounts.second_factor import Enrollment, begin_enrollment, confirm_enrollment
from api.accounts.sessions import (
    SignedIn,
    end_sessions,
    find_actor,
    is_current,
    list_sessions,
    refresh,
    revoke_session,
    sign_out,
)
from api.accounts.sign_in import answer_challenge, sign_in
from api.accounts.sign_up import NewPerson, confirm_sign_up, sign_up
from api.accounts.sweep import sweep
from api.accounts.visitor import Visitor, folded

__all__ = [
    "Enrollment",
    "InvitationToken",
    "NewChallenge",
    "NewPerson",
    "SignedIn",
    "Visitor",
    "add_invitation",
    "answer_challenge",
    "begin_enrollment",
    "confirm_enrollment",
    "confirm_sign_up",
    "create_organization",
    "create_user",
    "end_sessions",
    "find_actor",
    "find_invitation",
    "find_organization",
    "folded",
    "invite",
    "is_current",
    "list_invitations",
    "list_sessions",
    "list_users",
    "refresh",
    "remove_second_factor",
    "request_password_reset",
    "reset_password",
    "revoke_invitation",
    "revoke_session",
    "set_disabled",
    "set_open",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_up",
    "sweep",
    "tell_directory",
]
