import { isAbort, messageOf } from '../../graphql/failure';
import { InboxDocument, type NotificationDetailFragment } from '../../graphql/generated/graphql';
import { hearNews } from '../../graphql/news';
import { request } from '../../graphql/session';
import { Store } from '../../graphql/store';
import { markRead, unreadCount } from '../../graphql/unread';
import { type Page, withNextPage } from '../worklist/pages';

export type Notification = NotificationDetailFragment;

export interface InboxLook extends Page<Notification> {
  readonly isLoading: boolean;
  readonly fault: string | undefined;
}

const PAGE = 30;
/** One request marks no more than this. */
const MARKED_AT_ONCE = 100;

/** What the viewer was told, newest first, live for as long as it is open. */
export class InboxState {
  readonly look = new Store<InboxLook>({
    rows: [],
    endCursor: undefined,
    hasMore: false,
    total: 0,
    isLoading: true,
    fault: undefined,
  });
  readonly #life = new AbortController();
  readonly #leave: () => void;

  constructor() {
    this.#leave = hearNews((event) => {
      if (event.__typename === 'NotificationArrived') this.look.update((look) => withArrived(look, event.notification));
      else if (event.__typename === 'Gap') void this.read();
    });
    void this.read();
  }

  close(): void {
    this.#leave();
    this.#life.abort();
  }

  async read(): Promise<void> {
    await this.#page(undefined);
  }

  more(): void {
    const { hasMore, isLoading, endCursor } = this.look.value;
    if (hasMore && !isLoading) void this.#page(endCursor);
  }

  async markAll(): Promise<void> {
    const ids = this.look.value.rows.filter(({ readAt }) => !readAt).map(({ id }) => id);
    await this.mark(ids.slice(0, MARKED_AT_ONCE));
  }

  async mark(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await markRead({ notificationIds: [...ids] });
      const at = new Date().toISOString();
      this.look.update((look) => ({ ...look, rows: withRead(look.rows, ids, at), fault: undefined }));
    } catch (error) {
      this.#tell(error);
    }
  }

  async #page(after: string | undefined): Promise<void> {
    this.look.update((look) => ({ ...look, isLoading: true }));
    try {
      const { viewer } = await request(InboxDocument, { first: PAGE, after: after ?? null }, this.#life.signal);
      if (!viewer) return;
      const { edges, pageInfo, totalCount } = viewer.notifications;
      const page: Page<Notification> = {
        rows: edges.map(({ node }) => node),
        endCursor: pageInfo.endCursor ?? undefined,
        hasMore: pageInfo.hasNextPage,
        total: totalCount,
      };
      unreadCount.set(viewer.unreadCount);
      this.look.update((look) => ({
        ...(after === undefined ? page : withNextPage(look, page)),
        isLoading: false,
        fault: undefined,
      }));
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (!isAbort(error)) this.look.update((look) => ({ ...look, isLoading: false, fault: messageOf(error) }));
  }
}

/** News of one: a lively thread is one row, which comes to the top again. Pure. */
export function withArrived<P extends Page<Notification>>(now: P, arrived: Notification): P {
  const others = now.rows.filter(({ id }) => id !== arrived.id);
  const isNew = others.length === now.rows.length;
  return { ...now, rows: [arrived, ...others], total: now.total + Number(isNew) };
}

export function withRead(rows: readonly Notification[], ids: readonly string[], at: string): readonly Notification[] {
  return rows.map((row) => (ids.includes(row.id) && !row.readAt ? { ...row, readAt: at } : row));
}
