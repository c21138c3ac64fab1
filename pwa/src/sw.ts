/// <reference lib="webworker" />
import { SHARE_PATH, type Shared, sealShared } from './offline/shared-files';
import { notificationOf, readPush } from './worker/push';

declare const self: ServiceWorkerGlobalScope;
/** Written by the build: the files of the app, and a name that changes with them. */
declare const __SHELL__: readonly string[];
declare const __SHELL_VERSION__: string;

/**
 * Keeps the app itself, and nothing else, so that it opens without reception. Answers of the API, frames, parts and
 * thumbnails never pass through here: they are a patient's.
 */
const CACHE = `hilum-shell-${__SHELL_VERSION__}`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(__SHELL__.map((path) => new Request(path, { cache: 'reload' })))),
  );
});

// A new version waits until the page asks for it: one that took over by itself could interrupt what is being written.
self.addEventListener('message', ({ data }) => data === 'take-over' && self.skipWaiting());

self.addEventListener('activate', (event) => {
  const forgetOld = async () => {
    for (const name of await caches.keys())
      if (name.startsWith('hilum-shell-') && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forgetOld());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === 'POST' && url.origin === self.location.origin && url.pathname === SHARE_PATH) {
    event.respondWith(takeShared(request));
    return;
  }
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname === '/') event.respondWith(freshIndex(request));
  else if (__SHELL__.includes(url.pathname) || url.pathname.startsWith('/assets/'))
    event.respondWith(keptFile(request));
});

/** Files from another app (W3C Web Share Target) stay here, sealed, and never go on to the network by themselves. */
async function takeShared(request: Request): Promise<Response> {
  const files = async () => (await request.formData()).getAll('files').filter((entry) => entry instanceof File);
  const shared: Shared = await files()
    .then(sealShared)
    .catch(() => 'unkept');
  for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage('files-shared');
  return Response.redirect(`/?shared=${shared}#/upload`, 303);
}

/** The network is back after something was written without it. An open window sends it: credentials never come here. */
self.addEventListener('sync', (event) => {
  const wake = async () => {
    for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage('send-unsent');
  };
  if (isSync(event)) event.waitUntil(wake());
});

/** Background Sync (WICG) is not in TypeScript's library. */
function isSync(event: Event): event is ExtendableEvent {
  return 'tag' in event && event.tag === 'hilum-outbox' && 'waitUntil' in event;
}

self.addEventListener('push', (event) => {
  const push = readPush(event.data?.text());
  const { title, options } = notificationOf(push);
  event.waitUntil(Promise.all([self.registration.showNotification(title, options), badge(push.unread)]));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openAt(String(event.notification.data?.address ?? '/')));
});

/** In the window that is there, or in a new one. */
async function openAt(address: string): Promise<void> {
  const [client] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (!client) {
    await self.clients.openWindow(address);
    return;
  }
  client.postMessage({ address });
  await client.focus().catch(() => undefined); // a browser may refuse to bring it to the front; it is there all the same
}

/** Where the app's icon can bear a number. */
async function badge(unread: number): Promise<void> {
  if ('setAppBadge' in self.navigator) await self.navigator.setAppBadge(unread).catch(() => undefined);
}

/** The network's index if there is one, else the kept one. */
async function freshIndex(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match('/');
    if (kept) return kept;
    throw error;
  }
}

/** Files with their hash in their name never change; the few others change with the cache's name. */
async function keptFile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith('/assets/')) await cache.put(request, answer.clone());
  return answer;
}
