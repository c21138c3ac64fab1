import { talkWords } from '../../messages/talk';

/** A comment's text in pieces: words, links, and the people it speaks to. It is plain text, and stays so. */

export type Piece =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'person'; readonly text: string };

interface Person {
  readonly id: string;
  readonly displayName: string;
}

// A mention is written @[user id]. Only whole addresses with a scheme of the web become links.
const FOUND = /@\[([^\]\s]{1,200})\]|https?:\/\/[^\s<>"']+/g;

export function piecesOf(body: string, people: readonly Person[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of body.matchAll(FOUND)) {
    const [text, id] = match;
    const shown = id === undefined ? linkOf(text) : personOf(id, people);
    if (match.index > at) pieces.push({ kind: 'words', text: body.slice(at, match.index) });
    pieces.push(shown);
    at = match.index + (shown.kind === 'link' ? shown.text.length : text.length);
  }
  if (at < body.length) pieces.push({ kind: 'words', text: body.slice(at) });
  return pieces;
}

function personOf(id: string, people: readonly Person[]): Piece {
  return { kind: 'person', text: `@${people.find((person) => person.id === id)?.displayName ?? talkWords.somebody}` };
}

/** What ends a sentence is not the address's. */
function linkOf(found: string): Piece {
  const text = found.replace(/[.,;:!?)\]]+$/, '');
  try {
    return { kind: 'link', text, href: new URL(text).href };
  } catch {
    return { kind: 'words', text: found };
  }
}
