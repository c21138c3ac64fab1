import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../../graphql/failure';
import type { SaveAnnotationInput } from '../../graphql/generated/graphql';
import type { Annotation } from './measurement';
import { MeasurementsState } from './measurements-state';

const ADA = { id: 'User:ada', displayName: 'Ada' };
const BOB = { id: 'User:bob', displayName: 'Bob' };
const POINTS = [
  { x: 1, y: 2 },
  { x: 5, y: 2 },
];
const MOVED = [
  { x: 1, y: 2 },
  { x: 9, y: 2 },
];
const NEW = { kind: 'LENGTH' as const, frameIndex: 4, points: POINTS, quantities: [] };

function annotation(id: string, more: Partial<Annotation> = {}): Annotation {
  return {
    id,
    kind: 'LENGTH',
    label: null,
    note: null,
    deleted: false,
    updatedAt: '2026-11-01T10:00:00Z',
    by: ADA,
    anchor: { frameIndex: 4, stack: { id: 'Stack:1' } },
    points: POINTS,
    quantities: [{ name: 'Length', value: 4, unit: 'mm' }],
    ...more,
  };
}

/** A server that answers when it is told to, and keeps what it took under each key. */
class FakeServer {
  stored: Annotation[] = [];
  readonly sent: SaveAnnotationInput[] = [];
  readonly removed: string[] = [];
  fault: Error | undefined;
  readonly #taken = new Map<string, Annotation>();
  #gate: Promise<void> = Promise.resolve();

  hold(): () => void {
    let open: () => void = () => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  read = async () => {
    const now = [...this.stored];
    await this.#gate;
    return now;
  };

  save = async (input: SaveAnnotationInput) => {
    this.sent.push(input);
    await this.#gate;
    if (this.fault) throw this.fault;
    const { annotationId, idempotencyKey, points } = input;
    const known = this.#taken.get(idempotencyKey ?? '');
    if (known) return known;
    const id = annotationId ?? `Annotation:${this.#taken.size + 1}`;
    const updatedAt = `2026-11-01T10:00:0${this.#taken.size + 1}Z`;
    const saved = annotation(id, { points: [...points], updatedAt });
    this.#taken.set(idempotencyKey ?? '', saved);
    return saved;
  };

  remove = async (id: string) => {
    if (this.fault) throw this.fault;
    this.removed.push(id);
  };
}

let server: FakeServer;
let state: MeasurementsState;
const shown = () => state.look.value.measurements ?? [];
const passing = () => vi.advanceTimersByTimeAsync(1000);

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  state = new MeasurementsState('Case:1', ADA, server);
  await passing();
});
afterEach(() => vi.useRealTimers());

describe('drawing', () => {
  test('is seen at once, saved behind it, and stays the same one', async () => {
    const open = server.hold();
    state.draw('Stack:1', NEW);

    expect(shown()).toMatchObject([{ status: 'saving', points: POINTS, id: undefined }]);
    const key = shown()[0]?.key;
    expect(state.look.value.selected?.key).toBe(key);
    open();
    await passing();
    expect(shown()).toMatchObject([{ key, status: 'saved', id: 'Annotation:1' }]);
    expect(server.sent[0]).toMatchObject({ caseId: 'Case:1', kind: 'LENGTH', idempotencyKey: key });
  });

  test('that fails stays with a word, and is sent again under the same key', async () => {
    server.fault = new Failure('OFFLINE', 'No answer.');
    state.draw('Stack:1', NEW);
    await passing();
    const failed = shown()[0];
    expect(failed).toMatchObject({ status: 'failed', fault: 'No answer.', points: POINTS });

    server.fault = undefined;
    state.retry(failed?.key ?? '');
    await passing();
    expect(shown()).toMatchObject([{ status: 'saved', fault: undefined }]);
    expect(server.sent[1]).toEqual(server.sent[0]);
  });

  test('is there once although its event comes before its answer', async () => {
    const open = server.hold();
    state.draw('Stack:1', NEW);
    state.take(annotation('Annotation:1'));

    expect(shown()).toHaveLength(1);
    open();
    await passing();
    expect(shown()).toMatchObject([{ id: 'Annotation:1', status: 'saved' }]);
  });

  test('moved while it is being saved is sent again as it lies now', async () => {
    const open = server.hold();
    state.draw('Stack:1', NEW);
    const key = shown()[0]?.key ?? '';
    state.change(key, MOVED, []);
    open();
    await passing();

    expect(server.sent.map(({ points }) => points)).toEqual([POINTS, MOVED]);
    expect(server.sent[1]?.annotationId).toBe('Annotation:1');
    expect(shown()).toMatchObject([{ key, points: MOVED, status: 'saved' }]);
  });

  test('deleted while it is being saved is deleted there too', async () => {
    const open = server.hold();
    state.draw('Stack:1', NEW);
    state.delete(shown()[0]?.key ?? '');
    open();
    await passing();

    expect(shown()).toEqual([]);
    expect(server.removed).toEqual(['Annotation:1']);
  });
});

describe('moving', () => {
  beforeEach(async () => {
    state.take(annotation('Annotation:7'));
    await passing();
  });

  test('by many small steps is sent once they end', async () => {
    for (let x = 6; x < 10; x += 1)
      state.change(
        'Annotation:7',
        [
          { x: 1, y: 2 },
          { x, y: 2 },
        ],
        [],
      );
    expect(server.sent).toEqual([]);
    await passing();

    expect(server.sent.map(({ points }) => points)).toEqual([MOVED]);
  });

  test('is sent when the case is left before it settled', async () => {
    state.change('Annotation:7', MOVED, []);
    state.close();

    expect(server.sent).toHaveLength(1);
  });

  test('is not undone by an older word of the server', async () => {
    state.change('Annotation:7', MOVED, []);
    state.take(annotation('Annotation:7'));
    expect(shown()[0]?.points).toEqual(MOVED);
    await passing();
    state.take(annotation('Annotation:7', { updatedAt: '2026-11-01T09:00:00Z' }));

    expect(shown()[0]?.points).toEqual(MOVED);
  });
});

describe('deleting', () => {
  beforeEach(() => state.take(annotation('Annotation:7', { label: 'pleura' })));

  test('can be taken back: it is saved once more, with all it had', async () => {
    state.delete('Annotation:7');
    await passing();
    expect(shown()).toEqual([]);
    expect(server.removed).toEqual(['Annotation:7']);

    state.undo();
    await passing();
    expect(shown()).toHaveLength(1);
    expect(server.sent[0]).toMatchObject({ caseId: 'Case:1', points: POINTS, label: 'pleura' });
    expect(state.look.value.deleted).toBeUndefined();
  });

  test('that fails brings it back with a word', async () => {
    server.fault = new Failure('OFFLINE', 'No answer.');
    state.delete('Annotation:7');
    await passing();

    expect(shown()).toMatchObject([{ id: 'Annotation:7', status: 'saved' }]);
    expect(state.look.value.fault).toBe('Not deleted: No answer.');
    expect(state.look.value.deleted).toBeUndefined();
  });

  test('is not undone by a reading that was under way', async () => {
    server.stored = [annotation('Annotation:7')];
    const open = server.hold();
    void state.read();
    state.delete('Annotation:7');
    open();
    await passing();

    expect(shown()).toEqual([]);
  });
});

describe("a colleague's", () => {
  test('comes, moves and goes as it happens', () => {
    state.take(annotation('Annotation:9', { by: BOB }));
    expect(shown()).toMatchObject([{ author: BOB }]);
    state.take(annotation('Annotation:9', { by: BOB, points: MOVED, updatedAt: '2026-11-01T10:00:05Z' }));
    expect(shown()).toMatchObject([{ points: MOVED }]);
    state.take(annotation('Annotation:9', { by: BOB, deleted: true, points: [] }));
    expect(shown()).toEqual([]);
  });

  test('that is drawn alike is not taken for one of mine', () => {
    server.hold();
    state.draw('Stack:1', NEW);
    state.take(annotation('Annotation:9', { by: BOB }));

    expect(shown()).toHaveLength(2);
  });

  test('that came while a reading was under way stays', async () => {
    const open = server.hold();
    void state.read();
    state.take(annotation('Annotation:9', { by: BOB }));
    open();
    await passing();

    expect(shown()).toHaveLength(1);
  });

  test('that is gone when one reads again is gone here', async () => {
    state.take(annotation('Annotation:9', { by: BOB }));
    await state.read();

    expect(shown()).toEqual([]);
  });
});
