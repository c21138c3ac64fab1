/**
 * The words of the app. Each area has its English in a file of its own beside this one, which is also what a language
 * falls back to. A further language is one object with the same areas, which `speak` lays over the English: nothing
 * else changes. Read messages while drawing, never once at a module's start, when no language is chosen yet.
 */

/** A message takes whatever it has to say; each catalogue types its own. */
type Sentence = (...values: never[]) => string;
export type Entries = { readonly [name: string]: string | Sentence | Entries };

/** The same messages in any language: the words may differ, the names and what they take may not. */
export type Words<T> = T extends string
  ? string
  : T extends Sentence
    ? T
    : { readonly [Name in keyof T]: Words<T[Name]> };

const english = new Map<string, Entries>();
const shown = new Map<string, Record<string, unknown>>();
let spoken: Readonly<Record<string, Entries | undefined>> = {};
let language = 'en';

/** The messages of one area, in the language that is spoken when they are read. */
export function catalogue<const T extends Entries>(area: string, words: T): Words<T> {
  const messages = { ...words, ...spoken[area] };
  english.set(area, words);
  shown.set(area, messages);
  return messages as Words<T>;
}

/** From now on in this language, what is loaded later too; what a translation lacks stays English. */
export function speak(tag: string, translation: Readonly<Record<string, Entries | undefined>>): void {
  language = tag;
  spoken = translation;
  for (const [area, messages] of shown) Object.assign(messages, english.get(area), translation[area]);
  document.documentElement.lang = tag;
  document.documentElement.dir = isRightToLeft(tag) ? 'rtl' : 'ltr';
}

type Forms = { readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** "1 case", "2,000 cases": the form that the language has for this count (Unicode CLDR plural rules). */
export function counted(count: number, forms: Forms): string {
  const rule = new Intl.PluralRules(language).select(count);
  return `${count.toLocaleString()} ${forms[rule] ?? forms.other}`;
}

/** Scripts written from right to left, by ISO 15924, as likely subtags name them (Unicode CLDR). */
const RIGHT_TO_LEFT = new Set(['Arab', 'Hebr', 'Thaa', 'Nkoo', 'Syrc', 'Adlm']);

function isRightToLeft(tag: string): boolean {
  return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script ?? '');
}
