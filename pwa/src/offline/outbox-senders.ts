import { throwFaults } from '../graphql/failure';
import { AddCommentDocument, type AddCommentInput, type CommentDetailFragment } from '../graphql/generated/graphql';
import { request } from '../graphql/session';

export interface SentComment {
  readonly kind: 'addComment';
  readonly comment: CommentDetailFragment | undefined;
}

/**
 * How each kind of written thing is sent: the input with its idempotency key goes, what the server made of it comes
 * back, and a refusal is thrown. Only mutations that take an idempotency key may stand here.
 */
export const SENDERS = {
  async addComment(input: AddCommentInput & { readonly idempotencyKey: string }, signal: AbortSignal) {
    const { addComment: payload } = await request(AddCommentDocument, { input }, signal);
    throwFaults(payload.errors);
    return { kind: 'addComment', comment: payload.comment ?? undefined } as SentComment;
  },
} as const;

export type WrittenKind = keyof typeof SENDERS;
export type SentBy = Awaited<ReturnType<(typeof SENDERS)[WrittenKind]>>;
