import type { SignedInViewer } from '../../graphql/session';
import { caseWords as words } from '../../messages/case';
import { findingWords } from '../../messages/findings';
import { Notice } from '../../ui/notice';
import { Feedback, FeedbackInBrief } from '../feedback/feedback';
import { MeasurementsList } from '../measurements/measurements-list';
import { People } from '../people/people';
import { Readings } from '../reading/readings';
import { Released } from '../reading/released';
import { Reports } from '../reports/reports';
import { Comments } from '../talk/comments';
import { AnalysisHistory } from './analysis-history';
import { AnalysisPanel } from './analysis-panel';
import type { Analysis, CaseDetail, CaseState } from './case-state';
import { type NumberedFinding, warningsOf } from './findings';
import { FindingsList } from './findings-list';
import type { Tab } from './panel-tabs';

export type TabName = 'findings' | 'comments' | 'reading' | 'people' | 'result';

interface Content {
  readonly state: CaseState;
  readonly detail: CaseDetail;
  readonly viewer: SignedInViewer['user'] | undefined;
  readonly commentCount: number;
  readonly findings: readonly NumberedFinding[];
  readonly analyses: readonly Analysis[];
  readonly newest: Analysis | undefined;
  /** The newest that succeeded: its findings are shown. */
  readonly shown: Analysis | undefined;
  readonly selectedId: string | undefined;
  readonly stackId: string | undefined;
  readonly isAllShown: boolean;
  readonly isAsking: boolean;
  readonly refusal: string | undefined;
  readonly onSelect: (findingId: string) => void;
  readonly onStack: (stackId: string) => void;
  readonly onShowAll: (isShown: boolean) => void;
}

/** What is said of a case, beside its images: for a patient only what was released, and the talk with them. */
export function caseTabs(content: Content): readonly Tab<TabName>[] {
  const { state, detail, viewer, commentCount, findings, analyses, newest, shown, selectedId, stackId } = content;
  const { isAllShown, isAsking, refusal, onSelect, onStack, onShowAll } = content;
  const { caseId } = state;
  // What still happens, or went wrong, comes before the findings; a plain "finished" after them.
  const isSettled = newest?.status === 'SUCCEEDED';
  const status = (
    <AnalysisPanel
      analysis={newest}
      mayAnalyze={detail.viewerCan.includes('ANALYZE')}
      isAsking={isAsking}
      onStart={() => state.start(stackId)}
      onCancel={(id) => state.cancel(id)}
    />
  );
  const warnings = warningsOf(detail, shown ?? newest);
  const model = (shown ?? newest)?.model;
  const isPatient = viewer?.role === 'PATIENT';
  const chosen = findings.find(({ finding }) => finding.id === selectedId);
  const may = (action: CaseDetail['viewerCan'][number]) => detail.viewerCan.includes(action);
  // Whoever may annotate may give feedback: the schema has no other word for it.
  const mayGive = may('ANNOTATE');
  const opinionsOn = (analysis: Analysis, of?: NumberedFinding, isWhole = true) => {
    const about = { caseId, analysisId: analysis.id, findingId: of?.finding.id };
    const said = { about, given: analysis.feedback, viewerId: viewer?.id };
    return isWhole ? <Feedback {...said} number={of?.number} mayGive={mayGive} /> : <FeedbackInBrief {...said} />;
  };
  const comments: Tab<TabName> = {
    name: 'comments',
    title: words.tabs.comments(commentCount),
    content: (
      <Comments
        caseId={caseId}
        state={state.talk}
        viewerId={viewer?.id ?? ''}
        mayComment={may('COMMENT')}
        isPatient={isPatient}
        topic={chosen && topicOf(chosen)}
        numberOf={(id) => findings.find(({ finding }) => finding.id === id)?.number}
        onFinding={onSelect}
      />
    ),
  };
  if (isPatient)
    return [{ name: 'result', title: words.tabs.result, content: <Released state={state.reading} /> }, comments];
  return [
    {
      name: 'findings',
      title: words.tabs.findings,
      content: (
        <>
          {refusal && <Notice kind="error" title={refusal} />}
          {newest && !isSettled && status}
          {newest?.status === 'UNSUITABLE' && opinionsOn(newest)}
          {warnings.map((warning) => (
            <Notice key={warning} kind="warning" title={warning} />
          ))}
          {shown && (
            <FindingsList
              findings={findings}
              origin={newest === shown ? undefined : shown}
              selectedId={selectedId}
              isAllShown={isAllShown}
              onSelect={onSelect}
              onShowAll={onShowAll}
              opinionsOf={(each, isSelected) => opinionsOn(shown, each, isSelected)}
            />
          )}
          {shown && opinionsOn(shown)}
          {state.measurements && (
            <MeasurementsList
              state={state.measurements}
              viewerId={viewer?.id ?? ''}
              mayChange={may('ANNOTATE')}
              onOpen={({ key, stackId: drawnOn }) => {
                if (drawnOn !== stackId) onStack(drawnOn);
                state.measurements?.select(key);
              }}
            />
          )}
          {(!newest || isSettled) && status}
          <AnalysisHistory analyses={analyses} />
          {shown && <Reports nodeId={shown.id} reports={shown.reports} />}
          {model && <p class="muted intended-use">{model.intendedUse}</p>}
        </>
      ),
    },
    comments,
    {
      name: 'reading',
      title: words.tabs.reading,
      content: (
        <Readings
          caseId={caseId}
          state={state.reading}
          signer={viewer?.displayName ?? ''}
          maySign={may('SIGN')}
          mayRelease={may('RELEASE')}
        />
      ),
    },
    {
      name: 'people',
      title: words.tabs.people,
      content: state.people && <People state={state.people} viewerId={viewer?.id ?? ''} mayShare={may('SHARE')} />,
    },
  ];
}

function topicOf({ finding, number }: NumberedFinding) {
  const { anchor, id } = finding;
  if (!anchor) return undefined;
  const { stack, frameIndex, box } = anchor;
  const place = box && { left: box.left, top: box.top, width: box.width, height: box.height };
  return {
    name: findingWords.named(number),
    anchor: { stackId: stack.id, frameIndex, box: place ?? null, findingId: id },
  };
}
