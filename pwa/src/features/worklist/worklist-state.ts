import { Failure, isAbort, messageOf } from '../../graphql/failure';
import { type CaseRowFragment, type CaseStatus, WorklistDocument } from '../../graphql/generated/graphql';
import { isLive } from '../../graphql/live';
import { hearNews } from '../../graphql/news';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';
import { type Page, withFirstPage, withNextPage, withRow } from './pages';

export interface WorklistFilter {
  readonly text: string;
  /** Empty for all but archived ones, which the server decides. */
  readonly status: readonly CaseStatus[];
}

export interface WorklistLook extends Page<CaseRowFragment> {
  readonly isLoading: boolean;
  readonly fault: string | undefined;
}

const PAGE = 25;
/** Milliseconds of quiet after news before the order is asked for again. */
const SETTLE = 500;

/** The cases that fit a filter, most urgent first, kept up to date by news for as long as it is open. */
export class WorklistState {
  readonly look = new Store<WorklistLook>({
    rows: [],
    endCursor: undefined,
    hasMore: false,
    total: 0,
    isLoading: true,
    fault: undefined,
  });
  #filter: WorklistFilter = { text: '', status: [] };
  #reading = new AbortController();
  #settling: ReturnType<typeof setTimeout> | undefined;
  readonly #leaving: (() => void)[];

  constructor() {
    const leaveNews = hearNews((event) => {
      if (event.__typename === 'WorklistChanged') {
        this.look.update((look) => ({ ...look, ...withRow(look, event.case) }));
        this.#readSoon();
      } else if (event.__typename === 'Gap') this.#readSoon();
    });
    const leaveLive = isLive.follow((isBack) => {
      if (isBack) this.#readSoon();
    });
    this.#leaving = [leaveNews, leaveLive];
  }

  show(filter: WorklistFilter): void {
    this.#filter = filter;
    this.look.update((look) => ({ ...look, isLoading: true }));
    void this.#read(undefined);
  }

  more(): void {
    const { isLoading, hasMore, endCursor } = this.look.value;
    if (isLoading || !hasMore) return;
    this.look.update((look) => ({ ...look, isLoading: true }));
    void this.#read(endCursor);
  }

  retry(): void {
    this.show(this.#filter);
  }

  close(): void {
    for (const leave of this.#leaving) leave();
    clearTimeout(this.#settling);
    this.#reading.abort();
  }

  #readSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#read(undefined, true), SETTLE);
  }

  async #read(after: string | undefined, isQuiet = false): Promise<void> {
    this.#reading.abort();
    const reading = new AbortController();
    this.#reading = reading;
    const text = this.#filter.text.trim();
    const filter = {
      ...(text && { text }),
      ...(this.#filter.status.length > 0 && { status: [...this.#filter.status] }),
    };
    try {
      const { cases } = await request(WorklistDocument, { first: PAGE, after: after ?? null, filter }, reading.signal);
      const page: Page<CaseRowFragment> = {
        rows: cases.edges.map(({ node }) => node),
        endCursor: cases.pageInfo.endCursor ?? undefined,
        hasMore: cases.pageInfo.hasNextPage,
        total: cases.totalCount,
      };
      this.look.update((look) => {
        const next = after === undefined ? (isQuiet ? withFirstPage(look, page) : page) : withNextPage(look, page);
        return { ...next, isLoading: false, fault: undefined };
      });
    } catch (error) {
      if (isAbort(error)) return;
      // Asked for by news and not by the user: the rows stay, and the list is read again when the connection is back.
      if (isQuiet && error instanceof Failure && error.isPassing) return;
      this.look.update((look) => ({ ...look, isLoading: false, fault: messageOf(error) }));
    }
  }
}
