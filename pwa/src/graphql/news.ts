import {
  EventCursorDocument,
  type EventCursorQuery,
  ViewerEventsDocument,
  type ViewerEventsSubscription,
} from './generated/graphql';
import { follow } from './live';
import { request } from './session';

export type ViewerEvent = ViewerEventsSubscription['viewerEvents'];
type Listener = (event: ViewerEvent | { readonly __typename: 'Gap' }) => void;

const listeners = new Set<Listener>();

/** Hears what concerns the viewer: uploads and the worklist. A `Gap` says that news was missed: read again. */
export function hearNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** One subscription for the whole app, from the cursor that came with signing in. */
export function followNews(after: string, signal: AbortSignal): void {
  const tell = (event: Parameters<Listener>[0]) => {
    for (const listener of [...listeners]) listener(event);
  };
  void follow(
    ViewerEventsDocument,
    {},
    {
      after,
      signal,
      cursorOf: (event) => event.viewerEvents.cursor,
      onEvent: (event) => tell(event.viewerEvents),
      onGap: async () => {
        const { viewer }: EventCursorQuery = await request(EventCursorDocument, {}, signal);
        tell({ __typename: 'Gap' });
        return viewer?.eventCursor ?? after;
      },
    },
  );
}
