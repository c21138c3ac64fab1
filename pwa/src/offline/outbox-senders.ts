import { throwFaults } from '../graphql/failure';
import {
  AddCommentDocument,
  type AddCommentInput,
  type CommentDetailFragment,
  GiveFeedbackDocument,
  type GiveFeedbackInput,
  type GiveFeedbackMutation,
} from '../graphql/generated/graphql';
import { request } from '../graphql/session';

export interface SentComment {
  readonly kind: 'addComment';
  readonly comment: CommentDetailFragment | undefined;
}

export interface SentFeedback {
  readonly kind: 'giveFeedback';
  readonly analysis: NonNullable<GiveFeedbackMutation['giveFeedback']['analysis']> | undefined;
}

type Keyed<Input> = Input & { readonly idempotencyKey: string };

/**
 * How each kind of written thing is sent: the input with its idempotency key goes, what the server made of it comes
 * back, and a refusal is thrown. Only mutations that take an idempotency key may stand here.
 */
export const SENDERS = {
  async addComment(input: Keyed<AddCommentInput>, signal: AbortSignal) {
    const { addComment: payload } = await request(AddCommentDocument, { input }, signal);
    throwFaults(payload.errors);
    return { kind: 'addComment', comment: payload.comment ?? undefined } as SentComment;
  },
  async giveFeedback(input: Keyed<GiveFeedbackInput>, signal: AbortSignal) {
    const { giveFeedback: payload } = await request(GiveFeedbackDocument, { input }, signal);
    throwFaults(payload.errors);
    return { kind: 'giveFeedback', analysis: payload.analysis ?? undefined } as SentFeedback;
  },
} as const;

export type WrittenKind = keyof typeof SENDERS;
export type SentBy = Awaited<ReturnType<(typeof SENDERS)[WrittenKind]>>;
