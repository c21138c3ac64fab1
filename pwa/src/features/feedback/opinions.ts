import type { Agreement, FeedbackDetailFragment } from '../../graphql/generated/graphql';
import { newKey } from '../../offline/key';
import { isOf, type Unsent, write } from '../../offline/outbox';

export type Opinion = FeedbackDetailFragment;
export type UnsentOpinion = Unsent<'giveFeedback'>;

/** What an opinion is about. findingId: undefined for the analysis as a whole. */
export interface About {
  readonly caseId: string;
  readonly analysisId: string;
  readonly findingId: string | undefined;
}

export interface Said {
  readonly agreement: Agreement;
  readonly correctedLabel?: string | undefined;
  readonly note?: string | undefined;
}

/** One's own word, also before the server has it. */
export interface Own extends Said {
  readonly isWaiting: boolean;
  /** False where this browser keeps nothing, and closing the page would lose it. */
  readonly isKept: boolean;
}

export interface Opinions {
  readonly own: Own | undefined;
  /** What the server would not take of one's own. */
  readonly refused: UnsentOpinion | undefined;
  /** Oldest first. */
  readonly others: readonly Opinion[];
}

/** What stands: the newest written here before what the server has. */
export function opinionsOn(
  about: About,
  given: readonly Opinion[],
  unsent: readonly Unsent[],
  viewerId: string | undefined,
): Opinions {
  const here = given.filter(({ finding }) => (finding?.id ?? undefined) === about.findingId);
  const written = unsent.filter((each) => isAbout(about, each)) as readonly UnsentOpinion[];
  const waiting = written.findLast(({ refusal }) => refusal === undefined);
  const taken = here.find(({ by }) => by.id === viewerId);
  return {
    own: waiting
      ? { ...said(waiting.input), isWaiting: true, isKept: waiting.isKept }
      : taken && { ...said(taken), isWaiting: false, isKept: true },
    refused: written.findLast(({ refusal }) => refusal !== undefined),
    others: here.filter(({ by }) => by.id !== viewerId),
  };
}

/** Into the outbox, in the place of what waits there about the same thing. */
export function give(about: About, { agreement, correctedLabel, note }: Said): void {
  const input = {
    analysisId: about.analysisId,
    findingId: about.findingId ?? null,
    agreement,
    correctedLabel: correctedLabel ?? null,
    note: note ?? null,
    idempotencyKey: newKey(),
  };
  void write('giveFeedback', about.caseId, input, (earlier) => isAbout(about, earlier));
}

/** A note outlives a change of mind; whoever agrees corrects no label. */
export function withChoice(own: Said | undefined, agreement: Agreement): Said {
  return { agreement, note: own?.note, correctedLabel: agreement === 'AGREE' ? undefined : own?.correctedLabel };
}

function isAbout(about: About, unsent: Unsent): boolean {
  if (!isOf('giveFeedback', unsent)) return false;
  const { analysisId, findingId } = unsent.input;
  return analysisId === about.analysisId && (findingId ?? undefined) === about.findingId;
}

interface Spoken {
  readonly agreement: Agreement;
  readonly correctedLabel?: string | null | undefined;
  readonly note?: string | null | undefined;
}

function said({ agreement, correctedLabel, note }: Spoken): Said {
  return { agreement, correctedLabel: correctedLabel ?? undefined, note: note ?? undefined };
}
