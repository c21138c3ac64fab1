import { isAbort, messageOf } from '../../graphql/failure';
import type { SaveAnnotationInput } from '../../graphql/generated/graphql';
import { Store } from '../../graphql/store';
import { measurementWords } from '../../messages/measurements';
import { newKey } from '../../offline/key';
import type { Point } from '../../viewer/placement';
import type { NewShape, Quantity } from '../../viewer/shapes';
import { type Annotation, type Measurement, measurementOf, withAnnotation } from './measurement';
import { inputOf, saving as onServer, type Saving } from './saving';

export interface MeasurementsLook {
  /** Undefined until they were read. */
  readonly measurements: readonly Measurement[] | undefined;
  /** A new object each time one is chosen, also the same one again. */
  readonly selected: { readonly key: string } | undefined;
  /** The one deleted last, which can be brought back. */
  readonly deleted: Measurement | undefined;
  readonly fault: string | undefined;
}

export type Author = Measurement['author'];

/** Milliseconds that an end must lie still before its move is sent: keys move it by single pixels. */
const SETTLE = 400;

/** The measurements of one case: what is done here is seen at once and saved behind it. */
export class MeasurementsState {
  readonly look = new Store<MeasurementsLook>({
    measurements: undefined,
    selected: undefined,
    deleted: undefined,
    fault: undefined,
  });
  readonly #caseId: string;
  readonly #me: Author;
  readonly #saving: Saving;
  readonly #life = new AbortController();
  /** What was sent for each new one first: sent again it must be the same, whatever was moved since. */
  readonly #births = new Map<string, SaveAnnotationInput>();
  readonly #settling = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #running = new Set<string>();
  /** Heard of since the reading that is under way was asked for: it may not hold them. */
  #fresh = new Set<string>();
  /** Deleted here: an answer that was under way does not bring them back. */
  readonly #gone = new Set<string>();

  constructor(caseId: string, me: Author, saving: Saving = onServer) {
    this.#caseId = caseId;
    this.#me = me;
    this.#saving = saving;
    void this.read();
  }

  /** What waits to lie still is sent now. */
  close(): void {
    this.#life.abort();
    for (const key of [...this.#settling.keys()]) void this.#save(key);
  }

  async read(): Promise<void> {
    const fresh = new Set<string>();
    this.#fresh = fresh;
    try {
      const found = await this.#saving.read(this.#caseId, this.#life.signal);
      const here = found.filter(({ id }) => !this.#gone.has(id));
      const ids = new Set([...here.map(({ id }) => id), ...fresh]);
      const kept = this.#known().filter(({ id, status }) => status !== 'saved' || (id !== undefined && ids.has(id)));
      this.#set({ measurements: here.reduce<Measurement[]>(withAnnotation, kept), fault: undefined });
    } catch (error) {
      if (!isAbort(error)) this.#set({ fault: messageOf(error) });
    }
  }

  /** One that somebody saved or deleted. */
  take(annotation: Annotation): void {
    if (this.#gone.has(annotation.id)) return;
    this.#fresh.add(annotation.id);
    this.#set({ measurements: withAnnotation(this.#known(), annotation) });
  }

  select(key: string | undefined): void {
    this.#set({ selected: key === undefined ? undefined : { key } });
  }

  draw(stackId: string, shape: NewShape): void {
    const blank = { id: undefined, label: null, note: null, updatedAt: '' };
    this.#begin({ ...blank, ...shape, stackId, author: this.#me, key: newKey(), status: 'saving', fault: undefined });
  }

  change(key: string, points: readonly Point[], quantities: readonly Quantity[]): void {
    this.#update(key, { points, quantities, status: 'saving', fault: undefined });
    clearTimeout(this.#settling.get(key));
    this.#settling.set(
      key,
      setTimeout(() => void this.#save(key), SETTLE),
    );
  }

  retry(key: string): void {
    this.#update(key, { status: 'saving', fault: undefined });
    void this.#save(key);
  }

  delete(key: string): void {
    const deleted = this.#find(key);
    if (!deleted) return;
    clearTimeout(this.#settling.get(key));
    this.#settling.delete(key);
    const measurements = this.#known().filter((each) => each.key !== key);
    this.#set({ measurements, deleted, selected: undefined, fault: undefined });
    if (deleted.id !== undefined) void this.#remove(deleted, deleted.id);
  }

  /** Saves what was deleted once more: to the server it is a new one. */
  undo(): void {
    const { deleted } = this.look.value;
    if (!deleted) return;
    this.#set({ deleted: undefined });
    this.#begin({ ...deleted, key: newKey(), id: undefined, updatedAt: '', status: 'saving', fault: undefined });
  }

  forgetDeleted(): void {
    this.#set({ deleted: undefined });
  }

  #begin(measurement: Measurement): void {
    const { key } = measurement;
    this.#births.set(key, inputOf(this.#caseId, measurement, key));
    this.#set({ measurements: [...this.#known(), measurement], selected: { key } });
    void this.#save(key);
  }

  /** Until what was sent last is what is seen; one at a time, so that an earlier move cannot undo a later one. */
  async #save(key: string): Promise<void> {
    clearTimeout(this.#settling.get(key));
    this.#settling.delete(key);
    if (this.#running.has(key)) return;
    this.#running.add(key);
    try {
      for (let sent = this.#find(key); sent?.status === 'saving'; sent = this.#find(key)) {
        const birth = sent.id === undefined ? this.#births.get(key) : undefined;
        const saved = await this.#saving.save(birth ?? inputOf(this.#caseId, sent, newKey()));
        this.#births.delete(key);
        await this.#settle(key, saved, birth ? isAsSent(birth, this.#find(key)) : sent === this.#find(key));
      }
    } catch (error) {
      this.#update(key, { status: 'failed', fault: messageOf(error) });
    } finally {
      this.#running.delete(key);
    }
  }

  async #settle(key: string, saved: Annotation, isNewest: boolean): Promise<void> {
    // It was deleted while it was on its way.
    if (!this.#find(key)) {
      const measurement = measurementOf(saved, key);
      return this.#remove(measurement, saved.id);
    }
    this.#fresh.add(saved.id);
    // The event may have been faster, and have brought it under its own id.
    const others = this.#known().filter((each) => each.id !== saved.id || each.key === key);
    const fresh = measurementOf(saved, key);
    const measurements = others.map((each) => {
      if (each.key !== key) return each;
      return isNewest ? fresh : { ...each, id: saved.id, updatedAt: saved.updatedAt };
    });
    this.#set({ measurements });
  }

  async #remove(measurement: Measurement, id: string): Promise<void> {
    this.#gone.add(id);
    try {
      await this.#saving.remove(id);
    } catch (error) {
      this.#gone.delete(id);
      const { deleted } = this.look.value;
      this.#set({
        measurements: [...this.#known(), { ...measurement, id }],
        deleted: deleted?.key === measurement.key ? undefined : deleted,
        fault: measurementWords.notDeleted(messageOf(error)),
      });
    }
  }

  #known(): readonly Measurement[] {
    return this.look.value.measurements ?? [];
  }

  #find(key: string): Measurement | undefined {
    return this.#known().find((each) => each.key === key);
  }

  #update(key: string, change: Partial<Measurement>): void {
    this.#set({ measurements: this.#known().map((each) => (each.key === key ? { ...each, ...change } : each)) });
  }

  #set(change: Partial<MeasurementsLook>): void {
    this.look.update((look) => ({ ...look, ...change }));
  }
}

function isAsSent({ points }: SaveAnnotationInput, now: Measurement | undefined): boolean {
  return now?.points.every(({ x, y }, at) => points[at]?.x === x && points[at]?.y === y) ?? false;
}
