import { Client, fetchExchange } from '@urql/core';
import { requests as words } from '../messages/requests';
import { Failure, failureOfRequest } from './failure';
import type { TypedDocumentString } from './generated/graphql';

/** The one address of the API, on the origin that served this page. */
export const ENDPOINT = '/graphql';

/** One answer, no stream: urql's own header would also take an event stream, for which a server then may decide. */
const ACCEPT = 'application/graphql-response+json, application/json';

const client = new Client({ url: ENDPOINT, exchanges: [fetchExchange], preferGetMethod: false });

/** One operation over HTTP, without retry: what `session.request` and signing in are made of. Aborting gives AbortError. */
export function send<TResult, TVariables extends object>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  options: { readonly token?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<TResult> {
  const { token, signal } = options;
  const text = document.toString();
  const headers = { Accept: ACCEPT, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  const context = { requestPolicy: 'network-only', fetchOptions: { headers } } as const;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new DOMException('Aborted', 'AbortError'));
    // A subscription and not a promise: leaving it aborts the request on the wire.
    const source = isMutation(text)
      ? client.mutation<TResult>(text, variables, context)
      : client.query<TResult>(text, variables, context);
    let isOver = false;
    const running = source.subscribe((result) => {
      if (result.stale || isOver) return;
      isOver = true;
      signal?.removeEventListener('abort', leave);
      queueMicrotask(() => running.unsubscribe());
      if (result.error) reject(failureOfRequest(result.error));
      else if (result.data === undefined) reject(new Failure('UNKNOWN', words.emptyAnswer));
      else resolve(result.data);
    });
    const leave = () => {
      if (isOver) return;
      isOver = true;
      running.unsubscribe();
      reject(new DOMException('Aborted', 'AbortError'));
    };
    signal?.addEventListener('abort', leave, { once: true });
  });
}

function isMutation(text: string): boolean {
  return /^\s*mutation\b/.test(text);
}
