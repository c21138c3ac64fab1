import {
  EventCursorDocument,
  type EventCursorQuery,
  ViewerEventsDocument,
  type ViewerEventsSubscription,
} from './generated/graphql';
import { follow } from './live';
import { request } from './session';

export type ViewerEvent = ViewerEventsSubscription['viewerEvents'];
/** `Gap`: news was missed, read again. `CaseRead`: the viewer read its comments just now, on this device. */
type News = ViewerEvent | { readonly __typename: 'Gap' } | { readonly __typename: 'CaseRead'; readonly caseId: string };
type Listener = (event: News) => void;

const listeners = new Set<Listener>();

/** Hears what concerns the viewer: uploads, the worklist, the inbox. */
export function hearNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellNews(news: News): void {
  for (const listener of [...listeners]) listener(news);
}

/** One subscription for the whole app, from the cursor that came with signing in. */
export function followNews(after: string, signal: AbortSignal): void {
  void follow(
    ViewerEventsDocument,
    {},
    {
      after,
      signal,
      cursorOf: (event) => event.viewerEvents.cursor,
      onEvent: (event) => tellNews(event.viewerEvents),
      onGap: async () => {
        const { viewer }: EventCursorQuery = await request(EventCursorDocument, {}, signal);
        tellNews({ __typename: 'Gap' });
        return viewer?.eventCursor ?? after;
      },
    },
  );
}
