import type { CombinedError } from '@urql/core';
import { requests as words } from '../messages/requests';

/** What went wrong with a request, in words for the user; `code` is the contract's ErrorCode, or OFFLINE when no answer came. */
export class Failure extends Error {
  readonly code: string;
  /** Seconds after which trying again makes sense; the server says so. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may pass later without anybody changing anything. */
  get isPassing(): boolean {
    return this.code === 'OFFLINE' || this.code === 'UNAVAILABLE' || this.code === 'RATE_LIMITED';
  }
}

interface Fault {
  readonly message: string;
  readonly extensions?: Record<string, unknown> | undefined;
}

export function failureOfFaults(faults: readonly Fault[]): Failure {
  const first = faults[0];
  const code = first?.extensions?.code;
  const retryAfter = first?.extensions?.retryAfter;
  const traceId = first?.extensions?.traceId;
  const message = first?.message ?? words.unknown;
  return new Failure(
    typeof code === 'string' ? code : 'UNKNOWN',
    typeof traceId === 'string' ? words.withReference(message, traceId) : message,
    typeof retryAfter === 'number' ? retryAfter : undefined,
  );
}

export function failureOfRequest(error: CombinedError): Failure {
  if (error.graphQLErrors.length > 0) return failureOfFaults(error.graphQLErrors);
  const status = (error.response as Response | undefined)?.status;
  if (status === 401) return new Failure('UNAUTHENTICATED', words.signInAgain);
  if (status === 429) return new Failure('RATE_LIMITED', words.tooMany);
  if (status !== undefined && status < 500) return new Failure('UNKNOWN', words.refused(status));
  return new Failure('OFFLINE', words.noAnswer);
}

/** Turns the `errors` of a payload, which a user can correct, into a failure. */
export function throwFaults(errors: readonly { readonly code: string; readonly message: string }[]): void {
  const first = errors[0];
  if (first) throw new Failure(first.code, errors.map((fault) => fault.message).join(' '));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
