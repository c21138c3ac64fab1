import { catalogue } from './catalogue';

export const inbox = catalogue('inbox', {
  title: 'Inbox',
  markAsRead: 'Mark as read',
  notRead: 'The inbox could not be read',
  notifications: 'Notifications',
  empty:
    'Nothing yet. Finished analyses, urgent findings, replies and mentions, shared cases and signed readings come here.',
  earlier: 'Earlier ones',
  isUnread: 'Unread:',
});
