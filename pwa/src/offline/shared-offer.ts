/** What another app shared, offered to whoever is signed in: nothing is sent before they say so. */
import { session } from '../graphql/session';
import { Store } from '../graphql/store';
import { pickedFrom } from './picked-file';
import { listShared, type Shared, type SharedFile, takeShared } from './shared-files';
import { startTransfer } from './transfers';
import { wipe } from './vault';

/** Milliseconds between two looks at whether what is offered is still there. */
const LOOK_MS = 30_000;
const WORDS: readonly string[] = ['kept', 'none', 'too-many', 'too-large', 'unkept', 'unopened'] satisfies Shared[];

export const sharedOffer = new Store<readonly SharedFile[]>([]);
/** What became of the last sharing; lost: its time was over. */
export const sharedNews = new Store<Shared | 'lost' | undefined>(undefined);

/** Once an app, before the session is taken up. */
export function watchShared(): void {
  sharedNews.set(arrivedWith());
  navigator.serviceWorker?.addEventListener('message', ({ data }) => data === 'files-shared' && void look());
  setInterval(() => sharedOffer.value.length > 0 && void look(), LOOK_MS);
  let wasSignedIn = false;
  session.follow(({ kind }) => {
    if (kind === 'signed-in') void look();
    else sharedOffer.set([]);
    // Who signs out leaves nothing; who is not signed in yet finds what was shared.
    if (wasSignedIn && (kind === 'leaving' || kind === 'signed-out')) {
      sharedNews.set(undefined);
      void wipe('shared').catch(() => undefined);
    }
    if (kind !== 'unreachable') wasSignedIn = kind === 'signed-in' || (wasSignedIn && kind === 'leaving');
  });
}

export async function startShared(): Promise<void> {
  const offered = sharedOffer.value;
  sharedOffer.set([]);
  const files = await takeShared(offered).catch(() => undefined);
  if (session.value.kind !== 'signed-in') return;
  if (files) startTransfer(pickedFrom(files));
  else sharedNews.set('lost');
  // More may have come meanwhile: that is asked about again.
  await look();
}

export async function discardShared(): Promise<void> {
  sharedOffer.set([]);
  forgetNews();
  await wipe('shared').catch(() => undefined);
}

export function forgetNews(): void {
  sharedNews.set(undefined);
}

async function look(): Promise<void> {
  const had = sharedOffer.value.length;
  const found = await listShared().catch(() => []);
  if (session.value.kind !== 'signed-in') return;
  sharedOffer.set(found);
  if (found.length > 0) sharedNews.update((news) => (news === 'kept' || news === 'lost' ? undefined : news));
  else if (had > 0 || sharedNews.value === 'kept') sharedNews.set('lost');
}

/** The word that came in the address, which is taken out of it: a reload tells it no second time. */
function arrivedWith(): Shared | undefined {
  const word = new URLSearchParams(location.search).get('shared');
  if (word === null) return undefined;
  history.replaceState(null, '', `/${location.hash}`);
  return isShared(word) ? word : undefined;
}

function isShared(word: string): word is Shared {
  return WORDS.includes(word);
}
