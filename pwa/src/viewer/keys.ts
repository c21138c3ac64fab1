import { keyWords } from '../messages/keys';
import { viewerWords } from '../messages/viewer';

export type KeyName = keyof typeof keyWords;

/** A tool's title, e.g. "Invert the greys (I)". */
export function titleOf(name: KeyName): string {
  const { keys, says } = keyWords[name];
  return viewerWords.toolTitle(says, keys);
}
