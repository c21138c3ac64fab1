import { Failure, isAbort, messageOf } from '../../graphql/failure';
import { type CaseRowFragment, WorklistDocument } from '../../graphql/generated/graphql';
import { isLive } from '../../graphql/live';
import { hearNews } from '../../graphql/news';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';
import { isAway } from '../../offline/reception';
import { EVERYTHING, type FilterChoice, filterOf } from './filter-choice';
import { type Page, withFirstPage, withNextPage, withRow } from './pages';

export interface WorklistLook extends Page<CaseRowFragment> {
  readonly isLoading: boolean;
  readonly fault: string | undefined;
}

const PAGE = 25;
/** Milliseconds of quiet after news before the order is asked for again. */
const SETTLE = 500;

/** The cases that fit a filter, in the chosen order, kept up to date by news for as long as it is open. */
export class WorklistState {
  readonly look = new Store<WorklistLook>({
    rows: [],
    endCursor: undefined,
    hasMore: false,
    total: 0,
    isLoading: true,
    fault: undefined,
  });
  #choice: FilterChoice = EVERYTHING;
  #reading = new AbortController();
  #settling: ReturnType<typeof setTimeout> | undefined;
  readonly #leaving: (() => void)[];

  constructor() {
    const leaveNews = hearNews((event) => {
      if (event.__typename === 'WorklistChanged') {
        this.look.update((look) => ({ ...look, ...withRow(look, event.case) }));
        this.#readSoon();
      } else if (event.__typename === 'CaseRead') {
        this.look.update((look) => withoutUnread(look, event.caseId));
      } else if (event.__typename === 'Gap') this.#readSoon();
    });
    const leaveLive = isLive.follow((isBack) => {
      if (isBack) this.#readSoon();
    });
    const leaveReception = isAway.follow((away) => !away && this.#readSoon());
    this.#leaving = [leaveNews, leaveLive, leaveReception];
  }

  show(choice: FilterChoice): void {
    this.#choice = choice;
    this.look.update((look) => ({ ...look, isLoading: true }));
    void this.#read(undefined);
  }

  more(): void {
    const { isLoading, hasMore, endCursor } = this.look.value;
    if (isLoading || !hasMore) return;
    this.look.update((look) => ({ ...look, isLoading: true }));
    void this.#read(endCursor);
  }

  /** The same choice from its top again; what is shown stays until the answer is there. */
  retry(): void {
    this.show(this.#choice);
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
    const { order } = this.#choice;
    const filter = filterOf(this.#choice, Date.now());
    try {
      const asked = { first: PAGE, after: after ?? null, filter, order };
      const { cases } = await request(WorklistDocument, asked, reading.signal);
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

/** The viewer read its comments on this device: no need to ask the server for what is known. */
function withoutUnread(look: WorklistLook, caseId: string): WorklistLook {
  return { ...look, rows: look.rows.map((row) => (row.id === caseId ? { ...row, unreadComments: 0 } : row)) };
}
