import { throwFaults } from './failure';
import {
  AnswerChallengeDocument,
  ConfirmMfaDocument,
  type ConfirmMfaMutation,
  EnrollMfaDocument,
  RequestPasswordResetDocument,
  ResetPasswordDocument,
  SignUpDocument,
} from './generated/graphql';
import { adopt, type Challenge, request } from './session';
import { send } from './transport';

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
  readonly invitation?: string;
  readonly organizationId?: string;
}

export interface TotpSecret {
  /** Base32, for typing it in. */
  readonly secret: string;
  readonly otpauthUri: string;
}

export interface Enrolled {
  readonly recoveryCodes: readonly string[];
  /** Takes up the session that came with them, once the codes are kept; nothing where one was signed in already. */
  readonly proceed: () => void;
}

export async function signUp(account: NewAccount): Promise<Challenge | undefined> {
  const { signUp: payload } = await send(SignUpDocument, { input: account });
  return adopt(payload);
}

export async function answerCode(challenge: string, code: string): Promise<Challenge | undefined> {
  const { answerChallenge: payload } = await send(AnswerChallengeDocument, { input: { challenge, code } });
  return adopt(payload);
}

export async function answerNewPassword(challenge: string, newPassword: string): Promise<Challenge | undefined> {
  const { answerChallenge: payload } = await send(AnswerChallengeDocument, { input: { challenge, newPassword } });
  return adopt(payload);
}

/** challenge: of a sign-in; without one, for whoever is signed in. */
export async function enrollTotp(challenge?: string): Promise<TotpSecret> {
  const { enrollMfa: payload } = challenge
    ? await send(EnrollMfaDocument, { input: { challenge } })
    : await request(EnrollMfaDocument, {});
  throwFaults(payload.errors);
  return { secret: payload.secret ?? '', otpauthUri: payload.otpauthUri ?? '' };
}

export async function confirmTotp(code: string, challenge?: string): Promise<Enrolled> {
  const { confirmMfa: payload } = challenge
    ? await send(ConfirmMfaDocument, { input: { code, challenge } })
    : await request(ConfirmMfaDocument, { input: { code } });
  throwFaults(payload.errors);
  return { recoveryCodes: payload.recoveryCodes ?? [], proceed: () => proceed(payload) };
}

export async function requestReset(email: string): Promise<void> {
  const { requestPasswordReset: payload } = await send(RequestPasswordResetDocument, { input: { email } });
  throwFaults(payload.errors);
}

export async function resetPassword(email: string, code: string, newPassword: string): Promise<void> {
  const { resetPassword: payload } = await send(ResetPasswordDocument, { input: { email, code, newPassword } });
  throwFaults(payload.errors);
}

function proceed(payload: ConfirmMfaMutation['confirmMfa']): void {
  if (payload.accessToken) adopt(payload);
}
