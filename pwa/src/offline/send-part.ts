import type { PartToSendFragment } from '../graphql/generated/graphql';
import { transfers as words } from '../messages/transfers';

export type PartToSend = PartToSendFragment;

/** Why a part did not arrive: `status` is HTTP's, 0 when no answer came. */
export class PartFault extends Error {
  readonly status: number;
  /** Seconds, where the server said when to come back. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.name = 'PartFault';
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** The address ended or was refused: ask for a new one. */
  get isAddressOld(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404 || this.status === 410;
  }

  /** The same bytes may pass later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 425 || this.status === 429 || this.status >= 500;
  }
}

/** Set by the browser itself; a script that tries is refused. */
const FORBIDDEN = new Set(['host', 'content-length', 'connection']);

/** Sends one part with exactly the headers it came with. Not fetch: that tells no progress of sending. */
export function sendPart(
  part: PartToSend,
  file: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DOMException('Aborted', 'AbortError'));
    const sending = new XMLHttpRequest();
    const stop = () => sending.abort();
    const end = (finish: () => void) => () => {
      signal.removeEventListener('abort', stop);
      finish();
    };
    sending.open(part.method, new URL(part.url, location.origin).href);
    for (const { name, value } of part.headers) {
      if (!FORBIDDEN.has(name.toLowerCase())) sending.setRequestHeader(name, value);
    }
    sending.upload.addEventListener('progress', ({ loaded }) => onSent(Math.min(loaded, part.size)));
    sending.addEventListener(
      'abort',
      end(() => reject(new DOMException('Aborted', 'AbortError'))),
    );
    sending.addEventListener(
      'error',
      end(() => reject(new PartFault(0, words.connectionBroke))),
    );
    sending.addEventListener(
      'timeout',
      end(() => reject(new PartFault(0, words.noAnswer))),
    );
    sending.addEventListener(
      'load',
      end(() => {
        if (sending.status >= 200 && sending.status < 300) return resolve();
        const retryAfter = Number(sending.getResponseHeader('Retry-After')) || undefined;
        reject(new PartFault(sending.status, reasonOf(sending), retryAfter));
      }),
    );
    signal.addEventListener('abort', stop);
    // No type of its own: a blob's type would become a header that was not signed.
    sending.send(new Blob([file.slice(part.offset, part.offset + part.size)]));
  });
}

/** Our own server answers with a code and a sentence as JSON, an object store with XML that is for nobody to read. */
function reasonOf({ status, responseText }: XMLHttpRequest): string {
  try {
    const { message }: { message?: unknown } = JSON.parse(responseText);
    if (typeof message === 'string') return message;
  } catch {
    // not JSON: the status says as much as there is
  }
  return words.partRefused(status);
}
