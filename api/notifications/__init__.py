"""What somebody is told of: an inbox, unread comments, and Web Push. Decision 17."""

from api.notifications.kinds import NotificationKind, text_of
from api.notifications.marking import mark_case, mark_notifications
from api.notifications.reading import count_unread, find_many, list_notifications, unread_comments
from api.notifications.registering import Registration, register
from api.notifications.telling import sweep

__all__ = [
    "NotificationKind",
    "Registration",
    "count_unread",
    "find_many",
    "list_notifications",
    "mark_case",
    "mark_notifications",
    "register",
    "sweep",
    "text_of",
    "unread_comments",
]
