import { isAbort, messageOf, throwFaults } from '../../graphql/failure';
import {
  CaseReadingDocument,
  type CaseReadingQuery,
  ReleaseReviewDocument,
  type ReviewDetailFragment,
  SignReviewDocument,
  type SignReviewInput,
  WithdrawReleaseDocument,
} from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';

export type Review = ReviewDetailFragment;
export type Release = NonNullable<CaseReadingQuery['case']>['releases'][number];

export interface Reading {
  /** Newest first; undefined until they were read. */
  readonly reviews: readonly Review[] | undefined;
  /** Newest first, withdrawn ones too. */
  readonly releases: readonly Release[];
  readonly fault: string | undefined;
}

/** What was signed about one case, and what the patient may read of it. */
export class ReadingState {
  readonly look = new Store<Reading>({ reviews: undefined, releases: [], fault: undefined });
  readonly #caseId: string;
  readonly #life = new AbortController();

  constructor(caseId: string) {
    this.#caseId = caseId;
    void this.read();
  }

  close(): void {
    this.#life.abort();
  }

  async read(): Promise<void> {
    try {
      const { case: found } = await request(CaseReadingDocument, { id: this.#caseId }, this.#life.signal);
      if (found) this.look.set({ reviews: found.reviews, releases: found.releases, fault: undefined });
    } catch (error) {
      if (!isAbort(error)) this.look.update((look) => ({ ...look, fault: messageOf(error) }));
    }
  }

  /** Throws where it was not signed. Under the same key it is signed once, however often it is sent. */
  async sign(input: Omit<SignReviewInput, 'caseId'>): Promise<void> {
    const { signReview: payload } = await request(SignReviewDocument, { input: { caseId: this.#caseId, ...input } });
    throwFaults(payload.errors);
    await this.read();
  }

  async release(reviewId: string, summary: string): Promise<void> {
    const { releaseReview: payload } = await request(ReleaseReviewDocument, { input: { reviewId, summary } });
    throwFaults(payload.errors);
    await this.read();
  }

  async withdraw(reviewId: string): Promise<void> {
    const { withdrawRelease: payload } = await request(WithdrawReleaseDocument, { input: { reviewId } });
    throwFaults(payload.errors);
    await this.read();
  }
}
