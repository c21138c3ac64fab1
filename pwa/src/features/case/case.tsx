import type { ComponentType } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { session } from '../../graphql/session';
import { useStore } from '../../graphql/store';
import { caseWasOpened } from '../../graphql/unread';
import { Disclaimer } from '../../ui/disclaimer';
import { Notice } from '../../ui/notice';
import { goTo, type Route, replaceRoute } from '../../ui/route';
import { isPhantom } from '../../ui/words';
import type ViewerComponent from '../../viewer/viewer';
import { MeasurementsList } from '../measurements/measurements-list';
import { useMeasurements } from '../measurements/measuring';
import { Readings } from '../reading/readings';
import { Released } from '../reading/released';
import { Reports } from '../reports/reports';
import { Comments } from '../talk/comments';
import { useCommentPlace, useReadingMark } from '../talk/reading-mark';
import { AnalysisPanel } from './analysis-panel';
import { CaseHead } from './case-head';
import { type CaseDetail, CaseState } from './case-state';
import { firstStack, marksOf, type NumberedFinding, numbered, overlayOf, stacksOf, warningsOf } from './findings';
import { FindingsList } from './findings-list';
import { PanelTabs, type Tab } from './panel-tabs';
import './case.css';

type TabName = 'findings' | 'comments' | 'reading' | 'result';

type ViewerType = ComponentType<Parameters<typeof ViewerComponent>[0]>;

interface CaseProps {
  readonly at: Extract<Route, { readonly screen: 'case' }>;
}

export function Case({ at: { caseId, findingId, tab: namedTab, commentId } }: CaseProps) {
  const state = useMemo(() => new CaseState(caseId), [caseId]);
  const { detail, analyses, fault, isGone, refusal, isAsking } = useStore(state.look);
  const Viewer = useViewer();
  const [chosenStack, setChosenStack] = useState<string>();
  const [isAllShown, setIsAllShown] = useState(false);
  const [chosenTab, setChosenTab] = useState<TabName>();
  const { total: commentCount } = useStore(state.talk.look);
  const who = useStore(session);
  useEffect(() => () => state.close(), [state]);
  useReadingMark(caseId, state.talk, (chosenTab ?? namedTab) === 'comments');
  useCommentPlace(state.talk, commentId);
  const isOpen = detail !== undefined;
  useEffect(() => {
    // What was told of it stays unread where that cannot be noted now; nothing is lost.
    if (isOpen) caseWasOpened(caseId).catch(() => undefined);
  }, [isOpen, caseId]);

  // The newest finished result stays in view while a new analysis runs.
  const newest = analyses[0];
  const shown = analyses.find(({ status }) => status === 'SUCCEEDED');
  const stacks = useMemo(() => (detail ? stacksOf(detail) : []), [detail]);
  const stackId = chosenStack ?? firstStack(stacks, shown ?? newest);
  const findings = useMemo(() => numbered(shown?.findings ?? []), [shown]);
  const marks = useMemo(() => {
    const visible = findings.filter(({ finding }) => finding.aboveThreshold || isAllShown || finding.id === findingId);
    return stackId ? marksOf(visible, stackId) : [];
  }, [findings, isAllShown, findingId, stackId]);

  const measuring = useMeasurements(state.measurements, stackId, detail?.viewerCan.includes('ANNOTATE') ?? false);

  if (fault && !detail) {
    return (
      <main class="case">
        <Notice
          kind="error"
          title={isGone ? 'No such case' : 'The case could not be opened'}
          action={
            isGone
              ? { label: 'To the worklist', onClick: () => goTo({ screen: 'worklist' }) }
              : { label: 'Try again', onClick: () => state.retry() }
          }
        >
          {fault}
        </Notice>
      </main>
    );
  }
  if (!detail) return <main class="case is-waiting" aria-busy="true" aria-label="Opening the case" />;

  const select = (id: string) => {
    const anchored = findings.find(({ finding }) => finding.id === id)?.finding.anchor?.stack.id;
    if (anchored !== undefined && anchored !== stackId) setChosenStack(anchored);
    replaceRoute({ screen: 'case', caseId, findingId: id });
  };
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
  const me = who.kind === 'signed-in' ? who.viewer.user : undefined;
  const isPatient = me?.role === 'PATIENT';
  const chosen = findings.find(({ finding }) => finding.id === findingId);
  const may = (action: CaseDetail['viewerCan'][number]) => detail.viewerCan.includes(action);
  const comments: Tab<TabName> = {
    name: 'comments',
    title: commentCount > 0 ? `Comments (${commentCount})` : 'Comments',
    content: (
      <Comments
        caseId={caseId}
        state={state.talk}
        viewerId={me?.id ?? ''}
        mayComment={may('COMMENT')}
        isPatient={isPatient}
        topic={chosen && topicOf(chosen)}
        numberOf={(id) => findings.find(({ finding }) => finding.id === id)?.number}
        onFinding={select}
      />
    ),
  };
  const tabs: readonly Tab<TabName>[] = isPatient
    ? [{ name: 'result', title: 'Your result', content: <Released state={state.reading} /> }, comments]
    : [
        {
          name: 'findings',
          title: 'Findings',
          content: (
            <>
              {refusal && <Notice kind="error" title={refusal} />}
              {newest && !isSettled && status}
              {warnings.map((warning) => (
                <Notice key={warning} kind="warning" title={warning} />
              ))}
              {shown && (
                <FindingsList
                  findings={findings}
                  origin={newest === shown ? undefined : shown}
                  selectedId={findingId}
                  isAllShown={isAllShown}
                  onSelect={select}
                  onShowAll={setIsAllShown}
                />
              )}
              {state.measurements && (
                <MeasurementsList
                  state={state.measurements}
                  viewerId={me?.id ?? ''}
                  mayChange={may('ANNOTATE')}
                  onOpen={({ key, stackId: drawnOn }) => {
                    if (drawnOn !== stackId) setChosenStack(drawnOn);
                    state.measurements?.select(key);
                  }}
                />
              )}
              {(!newest || isSettled) && status}
              {shown && <Reports nodeId={shown.id} reports={shown.reports} />}
              {model && <p class="muted intended-use">{model.intendedUse}</p>}
            </>
          ),
        },
        comments,
        {
          name: 'reading',
          title: 'Reading',
          content: (
            <Readings
              caseId={caseId}
              state={state.reading}
              signer={me?.displayName ?? ''}
              maySign={may('SIGN')}
              mayRelease={may('RELEASE')}
            />
          ),
        },
      ];
  const tab = tabs.find(({ name }) => name === (chosenTab ?? namedTab))?.name ?? tabs[0]?.name ?? 'findings';
  return (
    <main class={`case ${tab === 'findings' ? '' : 'is-talking'}`}>
      <CaseHead detail={detail} />
      <div class="case-images always-dark">
        {stacks.length > 1 && (
          <label class="stack-choice">
            <span class="visually-hidden">Images</span>
            <select value={stackId} onChange={(event) => setChosenStack(event.currentTarget.value)}>
              {stacks.map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        )}
        {stackId && Viewer && (
          <Viewer
            stackId={stackId}
            marks={marks}
            overlay={overlayOf(shown, stackId)}
            selectedId={findingId}
            isPhantom={isPhantom(detail)}
            measuring={measuring}
            onSelect={select}
          />
        )}
        {!stackId && (
          <p class="empty">
            {detail.status === 'RECEIVING' ? 'The images are being taken in.' : 'This case holds no pictures.'}
          </p>
        )}
      </div>
      <div class="case-panel">
        <PanelTabs tabs={tabs} shown={tab} onShow={setChosenTab} />
      </div>
      <Disclaimer model={model && `${model.title} (${model.name}, version ${model.version})`} />
    </main>
  );
}

function topicOf({ finding, number }: NumberedFinding) {
  const { anchor, id } = finding;
  if (!anchor) return undefined;
  const { stack, frameIndex, box } = anchor;
  const place = box && { left: box.left, top: box.top, width: box.width, height: box.height };
  return {
    name: `finding ${number}`,
    anchor: { stackId: stack.id, frameIndex, box: place ?? null, findingId: id },
  };
}

/** The viewer comes in a file of its own, asked for when the first case opens. */
function useViewer(): ViewerType | undefined {
  const [viewer, setViewer] = useState<{ readonly component: ViewerType }>();
  useEffect(() => {
    let isHere = true;
    void import('../../viewer/viewer').then((module) => isHere && setViewer({ component: module.default }));
    return () => {
      isHere = false;
    };
  }, []);
  return viewer?.component;
}
