/** The service worker seen from the page: a new version that waits, and notifications that were tapped. */
import { Store } from '../graphql/store';
import { addressTo, route } from '../ui/route';
import { scriptUrl } from '../ui/trusted-scripts';

/** Milliseconds between two looks for a new version while the app stays open. */
const LOOK_MS = 3_600_000;

/** The new version, fetched and waiting until this one is left. */
export const waitingVersion = new Store<ServiceWorker | undefined>(undefined);

/** Once an app. Only of the built one: while developing it would serve yesterday's code. */
export async function useServiceWorker(): Promise<void> {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('message', ({ data }) => openTapped(data));
  const registration = await serviceWorker.register(scriptUrl('/sw.js'));
  const note = () => {
    // Without one in charge this is the first visit, and nothing to be told of.
    if (registration.waiting && serviceWorker.controller) waitingVersion.set(registration.waiting);
  };
  note();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', note));
  setInterval(() => void registration.update().catch(() => undefined), LOOK_MS);
}

/** The new version takes over, and the page starts anew with it. What is not sent or uploaded yet must be looked at before. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waitingVersion.value?.postMessage('take-over');
}

function openTapped(data: unknown): void {
  if (typeof data !== 'object' || data === null || !('address' in data) || typeof data.address !== 'string') return;
  const hash = data.address.replace(/^\//, '');
  if (hash !== addressTo(route.value)) location.hash = hash;
}
