import { beforeEach, expect, test, vi } from 'vitest';
import type { Unsent } from '../../offline/outbox';

const write = vi.hoisted(() => vi.fn());
vi.mock('../../offline/outbox', () => ({
  write,
  isOf: (kind: string, unsent: Unsent) => unsent.kind === kind,
}));

const { give, opinionsOn, withChoice } = await import('./opinions');
type Opinion = import('./opinions').Opinion;

const whole = { caseId: 'Case:1', analysisId: 'Analysis:1', findingId: undefined };
const finding = { ...whole, findingId: 'Finding:1' };

function opinion(who: string, agreement: Opinion['agreement'], findingId?: string, note?: string): Opinion {
  const by = { id: who, displayName: who };
  const about = findingId === undefined ? null : { id: findingId };
  const at = '2026-11-01T10:00:00Z';
  return { id: `${who} ${findingId}`, agreement, correctedLabel: null, note: note ?? null, at, by, finding: about };
}

function unsent(agreement: Opinion['agreement'], findingId?: string, more: Partial<Unsent> = {}): Unsent {
  const input = { analysisId: 'Analysis:1', findingId: findingId ?? null, agreement, idempotencyKey: 'k' };
  const written = { id: '1', kind: 'giveFeedback', subject: 'Case:1', writtenAt: '', isKept: true } as const;
  return { ...written, input, ...more };
}

beforeEach(() => write.mockReset());

test('each thing has its own opinions, and one’s own is told from the others', () => {
  const given = [
    opinion('me', 'AGREE'),
    opinion('me', 'DISAGREE', 'Finding:1', 'A vessel'),
    opinion('you', 'PARTLY', 'Finding:1'),
    opinion('you', 'AGREE', 'Finding:2'),
  ];

  const onFinding = opinionsOn(finding, given, [], 'me');

  expect(onFinding.own).toEqual({ agreement: 'DISAGREE', note: 'A vessel', isWaiting: false, isKept: true });
  expect(onFinding.others.map(({ by, agreement }) => [by.id, agreement])).toEqual([['you', 'PARTLY']]);
  expect(opinionsOn(whole, given, [], 'me').own?.agreement).toBe('AGREE');
  expect(opinionsOn(whole, given, [], 'me').others).toEqual([]);
});

test('what waits to be sent stands before what the server has', () => {
  const given = [opinion('me', 'AGREE', 'Finding:1')];
  const waiting = [unsent('PARTLY', 'Finding:1'), unsent('DISAGREE', 'Finding:1'), unsent('PARTLY')];

  const { own } = opinionsOn(finding, given, waiting, 'me');

  expect(own).toMatchObject({ agreement: 'DISAGREE', isWaiting: true });
});

test('what was refused is told, and does not stand', () => {
  const given = [opinion('me', 'AGREE', 'Finding:1')];
  const refused = unsent('DISAGREE', 'Finding:1', { refusal: 'You no longer take part.' });

  const opinions = opinionsOn(finding, given, [refused], 'me');

  expect(opinions.own?.agreement).toBe('AGREE');
  expect(opinions.refused?.refusal).toBe('You no longer take part.');
  expect(opinionsOn(whole, given, [refused], 'me').refused).toBeUndefined();
});

test('a new choice takes the place of what waits about the same thing, and of nothing else', () => {
  give(finding, { agreement: 'PARTLY', note: 'Small' });

  const [kind, subject, input, isReplaced] = write.mock.calls[0] ?? [];
  expect([kind, subject]).toEqual(['giveFeedback', 'Case:1']);
  expect(input).toMatchObject({ analysisId: 'Analysis:1', findingId: 'Finding:1', agreement: 'PARTLY', note: 'Small' });
  expect(input.idempotencyKey).not.toBe('');
  expect(isReplaced(unsent('AGREE', 'Finding:1'))).toBe(true);
  expect(isReplaced(unsent('AGREE', 'Finding:2'))).toBe(false);
  expect(isReplaced(unsent('AGREE'))).toBe(false);
  expect(isReplaced({ ...unsent('AGREE', 'Finding:1'), kind: 'addComment' })).toBe(false);
});

test('a note outlives a change of mind, a corrected label does not outlive agreeing', () => {
  const own = { agreement: 'DISAGREE', note: 'Calcified', correctedLabel: 'Granuloma' } as const;

  expect(withChoice(own, 'PARTLY')).toEqual({ agreement: 'PARTLY', note: 'Calcified', correctedLabel: 'Granuloma' });
  expect(withChoice(own, 'AGREE')).toEqual({ agreement: 'AGREE', note: 'Calcified', correctedLabel: undefined });
  expect(withChoice(undefined, 'AGREE').note).toBeUndefined();
});
