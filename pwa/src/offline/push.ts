/** Whether this browser is told of news while the app is closed (Push API, RFC 8030), and by whose choice. */
import { throwFaults } from '../graphql/failure';
import { RegisterPushDocument } from '../graphql/generated/graphql';
import { request, session } from '../graphql/session';

/** refused: the user or an administrator of the device said no, and only the browser's own settings change that. */
export type PushState = 'unsupported' | 'refused' | 'off' | 'on';

/** Whose choice it was, by the user's id: the next one who signs in on a shared phone chooses anew. */
const CHOSEN_BY = 'hilum-push';

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return 'unsupported';
  if (Notification.permission === 'denied') return 'refused';
  const isChosen = readChoice() === viewerId() && Notification.permission === 'granted';
  return isChosen && (await subscription()) ? 'on' : 'off';
}

/** Asks the user, then tells the server where to push. key: `Viewer.pushPublicKey`. Throws what went wrong. */
export async function startPush(key: string): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return pushState();
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  await register(made);
  writeChoice(viewerId());
  return 'on';
}

/** The push service forgets the browser; the server hears of that at the next push and forgets it too. */
export async function stopPush(): Promise<PushState> {
  writeChoice(undefined);
  await (await subscription())?.unsubscribe();
  return pushState();
}

/** A subscription ends with its session: at each sign-in it is told again, if this user had chosen it here. */
export async function renewPush(): Promise<void> {
  if ((await pushState()) !== 'on') return;
  const known = await subscription();
  if (known) await register(known);
}

async function register(made: PushSubscription): Promise<void> {
  const { endpoint, keys } = made.toJSON();
  const input = { endpoint: endpoint ?? '', p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' };
  const { registerPush: payload } = await request(RegisterPushDocument, { input });
  throwFaults(payload.errors);
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Of base64url without padding (RFC 4648 §5). */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function viewerId(): string | undefined {
  return session.value.kind === 'signed-in' ? session.value.viewer.user.id : undefined;
}

function readChoice(): string | undefined {
  try {
    return localStorage.getItem(CHOSEN_BY) ?? undefined;
  } catch {
    return undefined;
  }
}

function writeChoice(userId: string | undefined): void {
  if (userId === undefined) localStorage.removeItem(CHOSEN_BY);
  else localStorage.setItem(CHOSEN_BY, userId);
}
