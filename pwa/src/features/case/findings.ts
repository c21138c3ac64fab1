import { caseWords } from '../../messages/case';
import { findingWords as words } from '../../messages/findings';
import { millimetresOf, percentOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import type { Mark } from '../../viewer/marks';
import type { Overlay } from '../../viewer/overlay-frames';
import type { Analysis, CaseDetail } from './case-state';

export type Finding = Analysis['findings'][number];

export interface NumberedFinding {
  readonly finding: Finding;
  /** From 1, the most probable first. */
  readonly number: number;
}

export function numbered(findings: readonly Finding[]): NumberedFinding[] {
  return findings.map((finding, at) => ({ finding, number: at + 1 }));
}

/** "< 1%" and "> 99%" instead of a certainty that no model has. */
export function probabilityOf(probability: number): string {
  if (probability < 0.01) return words.lessThan(percentOf(0.01));
  if (probability > 0.99) return words.moreThan(percentOf(0.99));
  return percentOf(probability);
}

export function describe({ finding, number }: NumberedFinding): string {
  const facts = [
    wordOf(finding.label),
    finding.diameterMm && millimetresOf(finding.diameterMm),
    probabilityOf(finding.probability),
    finding.aboveThreshold ? words.isAbove : words.isBelow,
  ];
  return words.described(number, facts.filter(Boolean).join(', '));
}

/** What the viewer outlines on a stack: findings with a place on it. */
export function marksOf(findings: readonly NumberedFinding[], stackId: string): Mark[] {
  return findings.flatMap((each) => {
    const { anchor, id, diameterMm, aboveThreshold } = each.finding;
    if (!anchor?.box || anchor.stack.id !== stackId) return [];
    return [
      {
        id,
        name: String(each.number),
        description: describe(each),
        frameIndex: anchor.frameIndex,
        box: anchor.box,
        diameterMm: diameterMm ?? undefined,
        isStrong: aboveThreshold,
      },
    ];
  });
}

/** What the analysis drew over this stack, for the viewer to show. */
export function overlayOf(analysis: Analysis | undefined, stackId: string | undefined): Overlay | undefined {
  const found = analysis?.overlays.find(({ stack }) => stack.id === stackId);
  return (
    analysis && found && { analysisId: analysis.id, kind: found.kind, title: found.title, stackId: found.stack.id }
  );
}

export interface StackChoice {
  readonly id: string;
  readonly title: string;
  readonly frameCount: number;
}

export function stacksOf(detail: CaseDetail): StackChoice[] {
  return detail.studies.flatMap(({ series }) =>
    series.flatMap(({ stacks, description, number, modality }) =>
      stacks.map(({ id, frameCount }) => ({
        id,
        frameCount,
        title: [number && caseWords.series(number), description ?? modality, caseWords.slices(frameCount)]
          .filter(Boolean)
          .join(' · '),
      })),
    ),
  );
}

/** The stack to open: what was analyzed, else the longest. */
export function firstStack(stacks: readonly StackChoice[], analysis: Analysis | undefined): string | undefined {
  const analyzed = analysis?.stack?.id;
  if (analyzed !== undefined && stacks.some(({ id }) => id === analyzed)) return analyzed;
  return [...stacks].sort((one, other) => other.frameCount - one.frameCount)[0]?.id;
}

/** What limits a reading: of the analysis first, then of the images; each sentence once. */
export function warningsOf(detail: CaseDetail, analysis: Analysis | undefined): string[] {
  const ofImages = detail.studies.flatMap(({ series }) =>
    series.flatMap((each) => [...each.warnings, ...each.stacks.flatMap(({ warnings }) => warnings)]),
  );
  return [...new Set([...(analysis?.warnings ?? []), ...ofImages].map(({ message }) => message))];
}
