import { partsOf } from './part-plan';
import type { PickedFile } from './picked-file';

/**
 * SHA-256 of each part, base64, as CreateUploadInput wants it: the store then refuses a part that broke on the way, or
 * that comes from a file changed meanwhile. Undefined where the page has no right to hash (no HTTPS and not this machine).
 */
export async function partChecksums(
  { blob }: PickedFile,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<string[] | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const checksums: string[] = [];
  for (const { start, end } of partsOf(blob.size)) {
    signal.throwIfAborted();
    const digest = await crypto.subtle.digest('SHA-256', await blob.slice(start, end).arrayBuffer());
    checksums.push(btoa(String.fromCharCode(...new Uint8Array(digest))));
    onBytes(end - start);
  }
  return checksums;
}
