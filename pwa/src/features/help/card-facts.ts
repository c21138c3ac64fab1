import { percentOf } from '../../messages/formats';
import { help } from '../../messages/help';

/** What a model's card tells a reader. A card is JSON of the model's maker: whatever is not there is left out. Pure. */
export interface CardFacts {
  readonly measured: readonly string[];
  readonly trainedOn: readonly string[];
  readonly limits: readonly string[];
  readonly failures: readonly string[];
}

const RATES: readonly (readonly [string, number])[] = [
  ['sensitivity_at_1_percent', 0.01],
  ['sensitivity_at_5_percent', 0.05],
  ['sensitivity_at_10_percent', 0.1],
];

/** Of the confidence intervals that a card gives. */
const INTERVAL = 0.95;

export function factsOf(card: unknown): CardFacts {
  const data = listOf(at(card, 'trainingData'));
  return {
    measured: measuredOf(at(card, 'metrics', 'crops', 'one_view')),
    trainedOn: data.flatMap((each) => {
      const [name, what] = [at(each, 'name'), at(each, 'what')];
      return typeof name === 'string' && typeof what === 'string' ? [`${name}: ${what}`] : [];
    }),
    limits: listOf(at(card, 'limits')).filter(isText),
    failures: listOf(at(card, 'failures')).filter(isText),
  };
}

function measuredOf(view: unknown): string[] {
  const said = RATES.flatMap(([key, falsely]) => {
    const [value, low, high] = listOf(at(view, key));
    if (typeof value !== 'number' || typeof low !== 'number' || typeof high !== 'number') return [];
    const interval = { share: percentOf(INTERVAL), low: percentOf(low, 1), high: percentOf(high, 1) };
    return [help.model.found(percentOf(value, 1), interval, percentOf(falsely))];
  });
  const [crops, nodules] = [at(view, 'crops'), at(view, 'nodules')];
  if (said.length > 0 && typeof crops === 'number' && typeof nodules === 'number') {
    said.push(help.model.countedOn(nodules, crops));
  }
  return said;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : undefined,
    value,
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
