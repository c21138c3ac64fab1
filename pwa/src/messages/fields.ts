/** The fields that several forms have. */
import { catalogue } from './catalogue';

export const fields = catalogue('fields', {
  email: 'E-mail',
  code: 'Code',
  password: 'Password',
  newPassword: 'New password',
  passwordHint: '12 characters or more. A few words that you do not use elsewhere are best.',
  showPassword: 'Show what I type',
});
