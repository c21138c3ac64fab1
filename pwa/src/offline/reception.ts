import { EventCursorDocument } from '../graphql/generated/graphql';
import { isLive } from '../graphql/live';
import { hearAnswers, request, session } from '../graphql/session';
import { Store } from '../graphql/store';

/** Whether the server cannot be reached just now: the browser says so, or a request got no answer. */
export const isAway = new Store(navigator.onLine === false);

/** Once an app. */
export function watchReception(): void {
  addEventListener('offline', () => isAway.set(true));
  // The browser knows of a network, not of the server: a small question tells.
  addEventListener('online', () => {
    if (session.value.kind === 'signed-in') request(EventCursorDocument, {}).catch(() => undefined);
  });
  hearAnswers(() => isAway.set(false));
  isLive.follow((isBack) => isBack && isAway.set(false));
  session.follow(({ kind }) => {
    if (kind === 'unreachable') isAway.set(true);
    else if (kind === 'signed-in') isAway.set(false);
  });
}
