import { Failure, isAbort, messageOf, throwFaults } from '../../graphql/failure';
import {
  type AnalysisDetailFragment,
  CancelAnalysisDocument,
  CaseDetailDocument,
  type CaseDetailQuery,
  CaseEventsDocument,
  type CaseEventsSubscription,
  StartAnalysisDocument,
} from '../../graphql/generated/graphql';
import { follow } from '../../graphql/live';
import { readerOf, request, session } from '../../graphql/session';
import { Store } from '../../graphql/store';
import { caseWords } from '../../messages/case';
import { newKey } from '../../offline/key';
import { hearSent } from '../../offline/outbox';
import { isAway } from '../../offline/reception';
import { MeasurementsState } from '../measurements/measurements-state';
import { PeopleState } from '../people/people-state';
import { ReadingState } from '../reading/reading-state';
import { TalkState } from '../talk/talk-state';

export type CaseDetail = NonNullable<CaseDetailQuery['case']>;
export type Analysis = AnalysisDetailFragment;

export interface CaseLook {
  readonly detail: CaseDetail | undefined;
  /** Newest first. */
  readonly analyses: readonly Analysis[];
  readonly fault: string | undefined;
  readonly isGone: boolean;
  /** Why the last thing the user asked for did not happen. */
  readonly refusal: string | undefined;
  readonly isAsking: boolean;
}

const SETTLE = 300;

/** One case, kept up to date by its events for as long as it is open. */
export class CaseState {
  readonly caseId: string;
  readonly talk: TalkState;
  readonly reading: ReadingState;
  /** These two are undefined to a patient, who never sees them. */
  readonly measurements: MeasurementsState | undefined;
  readonly people: PeopleState | undefined;
  readonly look = new Store<CaseLook>({
    detail: undefined,
    analyses: [],
    fault: undefined,
    isGone: false,
    refusal: undefined,
    isAsking: false,
  });
  readonly #life = new AbortController();
  readonly #leave: () => void;
  readonly #leaveReception: () => void;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(caseId: string) {
    this.caseId = caseId;
    this.talk = new TalkState(caseId);
    this.reading = new ReadingState(caseId);
    const me = readerOf(session.value)?.user;
    this.measurements = me && me.role !== 'PATIENT' ? new MeasurementsState(caseId, me) : undefined;
    this.people = me && me.role !== 'PATIENT' ? new PeopleState(caseId) : undefined;
    this.#leave = hearSent((subject, sent) => {
      if (subject === caseId && sent.kind === 'giveFeedback' && sent.analysis) this.#takeFeedback(sent.analysis);
    });
    this.#leaveReception = isAway.follow((away) => !away && this.#readAgain());
    void this.#open();
  }

  close(): void {
    clearTimeout(this.#settling);
    this.#leave();
    this.#leaveReception();
    this.#life.abort();
    this.talk.close();
    this.reading.close();
    this.people?.close();
    this.measurements?.close();
  }

  retry(): void {
    this.#set({ fault: undefined });
    void this.#open();
  }

  async start(stackId: string | undefined): Promise<void> {
    await this.#ask(async () => {
      const input = { caseId: this.caseId, stackId: stackId ?? null, idempotencyKey: newKey() };
      const { startAnalysis: payload } = await request(StartAnalysisDocument, { input }, this.#life.signal);
      throwFaults(payload.errors);
      if (payload.analysis) this.#take(payload.analysis);
    });
  }

  async cancel(analysisId: string): Promise<void> {
    await this.#ask(async () => {
      const { cancelAnalysis: payload } = await request(
        CancelAnalysisDocument,
        { input: { analysisId } },
        this.#life.signal,
      );
      throwFaults(payload.errors);
      if (payload.analysis) this.#take(payload.analysis);
    });
  }

  async #ask(work: () => Promise<void>): Promise<void> {
    this.#set({ isAsking: true, refusal: undefined });
    try {
      await work();
      this.#set({ isAsking: false });
    } catch (error) {
      if (!isAbort(error)) this.#set({ isAsking: false, refusal: messageOf(error) });
    }
  }

  async #open(): Promise<void> {
    const cursor = await this.#read();
    if (cursor === undefined) return;
    await follow(
      CaseEventsDocument,
      { caseId: this.caseId },
      {
        after: cursor,
        signal: this.#life.signal,
        cursorOf: ({ caseEvents }) => caseEvents.cursor,
        onEvent: ({ caseEvents }) => this.#hear(caseEvents),
        onGap: async () => {
          this.#readOthers();
          return (await this.#read()) ?? cursor;
        },
      },
    );
  }

  /** The server is there again: what it says replaces what was kept, or what could not be read. */
  #readAgain(): void {
    this.#readOthers();
    if (this.look.value.detail) void this.#read();
    else this.retry();
  }

  #readOthers(): void {
    void this.talk.read();
    void this.reading.read();
    void this.people?.read();
    void this.measurements?.read();
  }

  /** The event cursor that belongs to what was read; undefined when it could not be. */
  async #read(): Promise<string | undefined> {
    try {
      const { case: detail } = await request(CaseDetailDocument, { id: this.caseId }, this.#life.signal);
      if (!detail) throw new Failure('NOT_FOUND', caseWords.notThere);
      this.#set({ detail, analyses: detail.analyses.edges.map(({ node }) => node), fault: undefined });
      return detail.eventCursor;
    } catch (error) {
      if (!isAbort(error))
        this.#set({ fault: messageOf(error), isGone: error instanceof Failure && error.code === 'NOT_FOUND' });
      return undefined;
    }
  }

  #hear(event: CaseEventsSubscription['caseEvents']): void {
    if (event.__typename === 'AnalysisProgressed') {
      const known = this.look.value.analyses.find(({ id }) => id === event.analysis.id);
      this.#take(event.analysis);
      // An end changes the case too; of one that had ended there is only new feedback.
      if (isOver(event.analysis) && !(known && isOver(known))) this.#readSoon();
    } else if (event.__typename === 'CommentAdded') this.talk.take(event.comment);
    else if (event.__typename === 'AnnotationChanged') this.measurements?.take(event.annotation);
    else {
      if (event.__typename === 'ParticipantsChanged') void this.people?.read();
      this.#readSoon();
    }
  }

  #readSoon(): void {
    clearTimeout(this.#settling);
    // A patient hears of a release only that the case has changed.
    this.#settling = setTimeout(() => {
      void this.#read();
      void this.reading.read();
    }, SETTLE);
  }

  #take(analysis: Analysis): void {
    this.look.update((look) => ({ ...look, analyses: withAnalysis(look.analyses, analysis) }));
  }

  #takeFeedback({ id, feedback }: Pick<Analysis, 'id' | 'feedback'>): void {
    this.look.update((look) => ({
      ...look,
      analyses: look.analyses.map((known) => (known.id === id ? { ...known, feedback } : known)),
    }));
  }

  #set(change: Partial<CaseLook>): void {
    this.look.update((look) => ({ ...look, ...change }));
  }
}

export function isOver({ status }: Pick<Analysis, 'status'>): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

/** Puts what is known now of one analysis among the others, newest first. */
export function withAnalysis(analyses: readonly Analysis[], analysis: Analysis): Analysis[] {
  const others = analyses.filter(({ id }) => id !== analysis.id);
  return [...others, analysis].sort((one, other) => Date.parse(other.queuedAt) - Date.parse(one.queuedAt));
}
