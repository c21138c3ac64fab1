/**
 * What this device keeps of patients and of words about them: sealed by AES-GCM under keys that no script can read out.
 * A key lives for as long as its part may be read; deleted, what it sealed is noise. Names are in the clear: they hold
 * ids, never words.
 */
import { asked, transact } from './database';

/**
 * words: written, and not sent yet. cases: what is kept to be read without reception. shared: files from another app,
 * until somebody takes or discards them.
 */
export type Part = 'words' | 'cases' | 'shared';

const HOUR = 3_600_000;
/** Hours for which kept cases may be read after the server last confirmed the session. */
export const HOURS_OF_CASES = 12;
/** Milliseconds after which a part is destroyed, counted from then. */
const LIFE: Readonly<Record<Part, number>> = { words: 12 * HOUR, cases: HOURS_OF_CASES * HOUR, shared: HOUR / 4 };
/** A clock that was set back further than this is not believed. */
const CLOCK_SLACK = 5 * 60_000;
const PARTS: readonly Part[] = ['words', 'cases', 'shared'];
/** The owner of what came before anybody was known: no session confirms it, and its time is its own. */
export const NOBODY = '';

interface KeyRecord {
  /** Another one after each wipe, so that what was sealed before cannot be put after it. */
  readonly id: string;
  readonly key: CryptoKey;
  /** Whose it is, by the user's id. */
  readonly owner: string;
  readonly confirmedAt: number;
}

interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly bytes: ArrayBuffer;
}

export class VaultClosed extends Error {}

/** Makes the part ready for this owner; what somebody else kept in it is destroyed. */
export async function begin(part: Part, owner: string): Promise<void> {
  const known = await keyOf(part);
  if (known?.owner === owner) return;
  if (known) await wipe(part);
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const record: KeyRecord = { id: crypto.randomUUID(), key, owner, confirmedAt: Date.now() };
  await transact('readwrite', async (store) => {
    const other: KeyRecord | undefined = await asked(store('keys').get(part));
    if (other?.owner !== owner) store('keys').put(record, part);
  });
}

/** The server has just said that this user's session stands. What belongs to others is destroyed. */
export async function confirm(owner: string): Promise<void> {
  for (const part of PARTS) {
    const known = await keyOf(part);
    if (known?.owner === NOBODY) continue;
    if (known && known.owner !== owner) await wipe(part);
    else if (known) await renew(part, owner);
  }
}

/** Counts the time of this owner's part from now on. */
export async function renew(part: Part, owner: string): Promise<void> {
  await transact('readwrite', async (store) => {
    const now: KeyRecord | undefined = await asked(store('keys').get(part));
    if (now?.owner === owner) store('keys').put({ ...now, confirmedAt: Date.now() }, part);
  });
}

/** Destroys whatever has outlived its time. */
export async function wipeOld(): Promise<void> {
  for (const part of PARTS) await keyOf(part);
}

/** The key first: from then on the rest cannot be read, even if it should stay on the disk for a while. */
export async function wipe(part: Part): Promise<void> {
  await transact('readwrite', (store) => void store('keys').delete(part));
  await transact('readwrite', (store) => void store('sealed').delete(rangeOf(part)));
}

export function putBytes(part: Part, name: string, bytes: BufferSource): Promise<void> {
  return putAll(part, new Map([[name, bytes]]));
}

/** All of them or none, each sealed by itself. */
export async function putAll(part: Part, named: ReadonlyMap<string, BufferSource>): Promise<void> {
  const known = await keyOf(part);
  if (!known) throw new VaultClosed(`Nothing can be kept in ${part}.`);
  const sealed = await Promise.all(
    [...named].map(async ([name, bytes]) => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const value: Sealed = { iv, bytes: await crypto.subtle.encrypt(ways(iv, part, name), known.key, bytes) };
      return { name, value };
    }),
  );
  await transact('readwrite', async (store) => {
    const now: KeyRecord | undefined = await asked(store('keys').get(part));
    if (now?.id !== known.id) throw new VaultClosed(`${part} was closed meanwhile.`);
    for (const { name, value } of sealed) store('sealed').put(value, [part, name]);
  });
}

/** Undefined where there is nothing, or nothing that this key opens. */
export async function getBytes(part: Part, name: string): Promise<ArrayBuffer | undefined> {
  const known = await keyOf(part);
  if (!known) return undefined;
  const sealed: Sealed | undefined = await transact('readonly', (store) => asked(store('sealed').get([part, name])));
  if (!sealed) return undefined;
  return crypto.subtle.decrypt(ways(sealed.iv, part, name), known.key, sealed.bytes).catch(() => undefined);
}

export function putValue(part: Part, name: string, value: unknown): Promise<void> {
  return putBytes(part, name, bytesOf(value));
}

/** A value as `getValue` reads it. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** As it was put: the caller knows what lies under its own names. */
export async function getValue<T>(part: Part, name: string): Promise<T | undefined> {
  const bytes = await getBytes(part, name);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
}

/** In the order of the names. */
export async function namesIn(part: Part, prefix = ''): Promise<string[]> {
  const keys = await transact('readonly', (store) => asked(store('sealed').getAllKeys(rangeOf(part, prefix))));
  return keys.map((key) => String((key as unknown[])[1]));
}

export async function remove(part: Part, name: string): Promise<void> {
  await transact('readwrite', (store) => void store('sealed').delete([part, name]));
}

export async function removeUnder(part: Part, prefix: string): Promise<void> {
  await transact('readwrite', (store) => void store('sealed').delete(rangeOf(part, prefix)));
}

async function keyOf(part: Part): Promise<KeyRecord | undefined> {
  const known: KeyRecord | undefined = await transact('readonly', (store) => asked(store('keys').get(part)));
  if (!known) return undefined;
  if (isAlive(part, known.confirmedAt, Date.now())) return known;
  await wipe(part);
  return undefined;
}

/** Whether a part may still be read, by when the server last confirmed the session. Pure. */
export function isAlive(part: Part, confirmedAt: number, now: number): boolean {
  const age = now - confirmedAt;
  return age >= -CLOCK_SLACK && age < LIFE[part];
}

function ways(iv: Uint8Array<ArrayBuffer>, part: Part, name: string): AesGcmParams {
  // Bound to its name: one sealed value cannot be put in the place of another.
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`${part}/${name}`) };
}

function rangeOf(part: Part, prefix = ''): IDBKeyRange {
  return IDBKeyRange.bound([part, prefix], [part, `${prefix}\uffff`]);
}
