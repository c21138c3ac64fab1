import type { ComponentType } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { readerOf, session } from '../../graphql/session';
import { useStore } from '../../graphql/store';
import { caseWasOpened } from '../../graphql/unread';
import { caseWords as words } from '../../messages/case';
import { pins as pinWords } from '../../messages/pins';
import { isAway } from '../../offline/reception';
import { Disclaimer } from '../../ui/disclaimer';
import { Notice } from '../../ui/notice';
import { goTo, type Route, replaceRoute } from '../../ui/route';
import { isPhantom } from '../../ui/words';
import type ViewerComponent from '../../viewer/viewer';
import { useMeasurements } from '../measurements/measuring';
import { useCommentPlace, useReadingMark } from '../talk/reading-mark';
import { CaseHead } from './case-head';
import { CaseState } from './case-state';
import { caseTabs, type TabName } from './case-tabs';
import { firstStack, marksOf, numbered, overlayOf, stacksOf } from './findings';
import { PanelTabs } from './panel-tabs';
import './case.css';

type ViewerType = ComponentType<Parameters<typeof ViewerComponent>[0]>;

// Asked for beside the case itself; who cannot be reached now is asked again when it is drawn.
import('../../viewer/viewer').catch(() => undefined);

interface CaseProps {
  readonly at: Extract<Route, { readonly screen: 'case' }>;
}

/** Its code comes when the first case opens, or while the worklist is looked at. */
export default function Case({ at: { caseId, findingId, tab: namedTab, commentId } }: CaseProps) {
  const state = useMemo(() => new CaseState(caseId), [caseId]);
  const { detail, analyses, fault, isGone, refusal, isAsking } = useStore(state.look);
  const Viewer = useViewer();
  const [chosenStack, setChosenStack] = useState<string>();
  const [isAllShown, setIsAllShown] = useState(false);
  const [chosenTab, setChosenTab] = useState<TabName>();
  const { total: commentCount } = useStore(state.talk.look);
  const who = useStore(session);
  const away = useStore(isAway);
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
          title={isGone ? words.noSuchCase : words.notOpened}
          action={
            isGone
              ? { label: words.toWorklist, onClick: () => goTo({ screen: 'worklist' }) }
              : { label: words.tryAgain, onClick: () => state.retry() }
          }
        >
          {away && !isGone ? pinWords.notHere : fault}
        </Notice>
      </main>
    );
  }
  if (!detail) return <main class="case is-waiting" aria-busy="true" aria-label={words.opening} />;

  const select = (id: string) => {
    const anchored = findings.find(({ finding }) => finding.id === id)?.finding.anchor?.stack.id;
    if (anchored !== undefined && anchored !== stackId) setChosenStack(anchored);
    replaceRoute({ screen: 'case', caseId, findingId: id });
  };
  const model = (shown ?? newest)?.model;
  const tabs = caseTabs({
    state,
    detail,
    viewer: readerOf(who)?.user,
    commentCount,
    findings,
    analyses,
    newest,
    shown,
    selectedId: findingId,
    stackId,
    isAllShown,
    isAsking,
    refusal,
    onSelect: select,
    onStack: setChosenStack,
    onShowAll: setIsAllShown,
  });
  const tab = tabs.find(({ name }) => name === (chosenTab ?? namedTab))?.name ?? tabs[0]?.name ?? 'findings';
  return (
    <main class={`case ${tab === 'findings' ? '' : 'is-talking'}`}>
      <CaseHead detail={detail} />
      <div class="case-images always-dark">
        {stacks.length > 1 && (
          <label class="stack-choice">
            <span class="visually-hidden">{words.images}</span>
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
        {!stackId && <p class="empty">{detail.status === 'RECEIVING' ? words.beingTakenIn : words.noPictures}</p>}
      </div>
      <div class="case-panel">
        <PanelTabs tabs={tabs} shown={tab} onShow={setChosenTab} />
      </div>
      <Disclaimer model={model && words.model(model.title, model.name, model.version)} />
    </main>
  );
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
