import { isAbort, messageOf } from '../../graphql/failure';
import {
  type AddCommentInput,
  CaseCommentsDocument,
  type CommentDetailFragment,
} from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';
import { hearSent, write } from '../../offline/outbox';

export type Comment = CommentDetailFragment;

export interface Talk {
  /** Oldest first; undefined until they were read. */
  readonly comments: readonly Comment[] | undefined;
  readonly total: number;
  /** The cursor that earlier ones lie before; undefined when all are here. */
  readonly earlier: string | undefined;
  readonly fault: string | undefined;
}

/** The comments of one case. */
export class TalkState {
  readonly look = new Store<Talk>({ comments: undefined, total: 0, earlier: undefined, fault: undefined });
  readonly #caseId: string;
  readonly #life = new AbortController();
  readonly #leave: () => void;
  #isRead = false;

  constructor(caseId: string) {
    this.#caseId = caseId;
    this.#leave = hearSent((subject, sent) => {
      if (subject === caseId && sent.kind === 'addComment' && sent.comment) this.take(sent.comment);
    });
    void this.read();
  }

  close(): void {
    this.#leave();
    this.#life.abort();
  }

  /** The newest fifty; earlier ones that are here stay. */
  async read(): Promise<void> {
    await this.#page(undefined);
  }

  async readEarlier(): Promise<void> {
    const { earlier } = this.look.value;
    if (earlier !== undefined) await this.#page(earlier);
  }

  /** Into the outbox, which sends it now or when the network is back. */
  add(input: Omit<AddCommentInput, 'caseId'> & { readonly idempotencyKey: string }): void {
    void write('addComment', this.#caseId, { caseId: this.#caseId, ...input });
  }

  take(comment: Comment): void {
    this.look.update((look) => {
      const comments = withComments(look.comments ?? [], [comment]);
      const isNew = comments.length > (look.comments?.length ?? 0);
      return { ...look, comments, total: look.total + (isNew ? 1 : 0) };
    });
  }

  async #page(before: string | undefined): Promise<void> {
    try {
      const variables = { id: this.#caseId, before: before ?? null };
      const { case: found } = await request(CaseCommentsDocument, variables, this.#life.signal);
      if (!found) return;
      const { edges, totalCount, pageInfo } = found.comments;
      // One that came by itself may be here before the first page is: only a page tells whether there are earlier ones.
      const isFirst = !this.#isRead || before !== undefined;
      this.#isRead = true;
      this.look.update((look) => {
        return {
          comments: withComments(
            look.comments ?? [],
            edges.map(({ node }) => node),
          ),
          total: totalCount,
          earlier: isFirst
            ? pageInfo.hasPreviousPage
              ? (pageInfo.startCursor ?? undefined)
              : undefined
            : look.earlier,
          fault: undefined,
        };
      });
    } catch (error) {
      if (!isAbort(error)) this.look.update((look) => ({ ...look, fault: messageOf(error) }));
    }
  }
}

/** What is known now of some comments, among the others; oldest first. */
export function withComments(known: readonly Comment[], fresh: readonly Comment[]): Comment[] {
  const byId = new Map([...known, ...fresh].map((comment) => [comment.id, comment]));
  return [...byId.values()].sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt));
}
