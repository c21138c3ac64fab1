import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CaseStatus } from '../../graphql/generated/graphql';
import { useStore } from '../../graphql/store';
import { numberOf } from '../../messages/formats';
import { shell } from '../../messages/shell';
import { wordOf } from '../../messages/values';
import { worklist as words } from '../../messages/worklist';
import { isAway } from '../../offline/reception';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { addressTo } from '../../ui/route';
import { KeptRows } from '../pins/kept-rows';
import { CaseRow } from './case-row';
import { countOf, EVERYTHING, isFiltered } from './filter-choice';
import { FilterPanel } from './filter-panel';
import { FAR_ENOUGH, pulledBy, usePull } from './pull';
import { WorklistState } from './worklist-state';
import './worklist.css';

const STATUSES: readonly CaseStatus[] = ['READY', 'ANALYZING', 'RECEIVING', 'FAILED', 'REVIEWED', 'ARCHIVED'];
/** Milliseconds after the last letter before the search is sent. */
const TYPING = 250;

interface WorklistProps {
  readonly openCaseId: string | undefined;
  /** Off the screen it keeps its pages, its search and its place. */
  readonly isShown: boolean;
  /** Whether it is what the screen is about, and not the list beside something else. */
  readonly isMain: boolean;
  readonly mayUpload: boolean;
}

export function Worklist({ openCaseId, isShown, isMain, mayUpload }: WorklistProps) {
  const state = useMemo(() => new WorklistState(), []);
  const look = useStore(state.look);
  const away = useStore(isAway);
  const [choice, setChoice] = useState(EVERYTHING);
  const [isChoosing, setIsChoosing] = useState(false);
  const isFirst = useRef(true);
  const list = useRef<HTMLElement>(null);
  const panelId = useId();
  const refresh = useCallback(() => state.retry(), [state]);
  const pulled = usePull(list, refresh);

  useEffect(() => () => state.close(), [state]);
  useScrollPlace(isShown);
  useEffect(() => {
    const timer = setTimeout(() => state.show(choice), isFirst.current ? 0 : TYPING);
    isFirst.current = false;
    return () => clearTimeout(timer);
  }, [state, choice]);

  const held = countOf(choice);
  return (
    <section ref={list} class="worklist" role={isMain ? 'main' : 'region'} aria-label={words.title} hidden={!isShown}>
      {isMain && <h1 class="visually-hidden">{words.title}</h1>}
      <search class="filters" hidden={away && look.rows.length === 0}>
        <div class="search-line">
          <label class="search-field">
            <Icon name="search" />
            <input
              type="search"
              placeholder={words.searchHint}
              aria-label={words.search}
              value={choice.text}
              onInput={(event) => setChoice({ ...choice, text: event.currentTarget.value })}
            />
          </label>
          <button
            type="button"
            class={`icon-button filter-button ${held > 0 ? 'is-holding' : ''}`}
            aria-expanded={isChoosing}
            aria-controls={panelId}
            aria-label={held > 0 ? words.filtersSet(held) : words.filters}
            onClick={() => setIsChoosing(!isChoosing)}
          >
            <Icon name="filter" />
            {held > 0 && <span class="count">{numberOf(held)}</span>}
          </button>
        </div>
        {isChoosing && <FilterPanel id={panelId} choice={choice} onChoose={setChoice} />}
        <fieldset class="chips" aria-label={words.status}>
          <button
            type="button"
            class="chip"
            aria-pressed={!choice.status}
            onClick={() => setChoice({ ...choice, status: undefined })}
          >
            {words.allStatuses}
          </button>
          {STATUSES.map((each) => (
            <button
              key={each}
              type="button"
              class="chip"
              aria-pressed={choice.status === each}
              onClick={() => setChoice({ ...choice, status: each })}
            >
              {wordOf(each)}
            </button>
          ))}
        </fieldset>
      </search>
      <p class="visually-hidden" role="status">
        {look.isLoading ? words.reading : words.cases(look.total)}
      </p>
      {away && <KeptRows>{(row) => <CaseRow key={row.id} row={row} isOpen={row.id === openCaseId} />}</KeptRows>}
      {look.fault && !away && (
        <Notice kind="error" title={words.notRead} action={{ label: shell.tryAgain, onClick: () => state.retry() }}>
          {look.fault}
        </Notice>
      )}
      {pulled > 0 && (
        <p class="pull" aria-hidden="true" ref={(line) => line?.style.setProperty('block-size', `${pulled}px`)}>
          {pulled >= pulledBy(FAR_ENOUGH) ? words.letGo : words.pull}
        </p>
      )}
      <ul class="case-list" aria-busy={look.isLoading}>
        {look.rows.map((row) => (
          <CaseRow key={row.id} row={row} isOpen={row.id === openCaseId} />
        ))}
        {look.isLoading &&
          !away &&
          look.rows.length === 0 &&
          [1, 2, 3, 4].map((at) => <li key={at} class="case-row skeleton" />)}
      </ul>
      {!look.isLoading && !look.fault && look.rows.length === 0 && (
        <Empty
          isFiltered={isFiltered(choice)}
          mayUpload={mayUpload}
          onShowAll={() => setChoice({ ...EVERYTHING, order: choice.order })}
        />
      )}
      {look.hasMore && <More onReached={() => state.more()} shown={look.rows.length} total={look.total} />}
    </section>
  );
}

function useScrollPlace(isShown: boolean): void {
  const place = useRef(0);
  useLayoutEffect(() => {
    if (!isShown) return;
    scrollTo(0, place.current);
    const note = () => {
      place.current = scrollY;
    };
    addEventListener('scroll', note, { passive: true });
    return () => removeEventListener('scroll', note);
  }, [isShown]);
}

interface EmptyProps {
  readonly isFiltered: boolean;
  readonly mayUpload: boolean;
  readonly onShowAll: () => void;
}

function Empty({ isFiltered: isHeldBack, mayUpload, onShowAll }: EmptyProps) {
  if (isHeldBack) {
    return (
      <div class="empty">
        <p>{words.nothingFits}</p>
        <button type="button" class="button" onClick={onShowAll}>
          {words.showEverything}
        </button>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>{words.noCases}</p>
      {mayUpload && (
        <a class="button is-primary" href={addressTo({ screen: 'upload' })}>
          <Icon name="upload" /> {words.uploadFirst}
        </a>
      )}
    </div>
  );
}

/** Asks for the next page when it comes near; it is a button too, for keys and for when nothing is observed. */
function More({
  onReached,
  shown,
  total,
}: {
  readonly onReached: () => void;
  readonly shown: number;
  readonly total: number;
}) {
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each page the end is looked at anew
  useEffect(() => {
    if (!button.current) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && onReached(), { rootMargin: '400px' });
    watch.observe(button.current);
    return () => watch.disconnect();
  }, [shown]);
  return (
    <button ref={button} type="button" class="button is-quiet more" onClick={onReached}>
      {words.more(shown, total)}
    </button>
  );
}
