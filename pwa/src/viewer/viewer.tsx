import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../graphql/failure';
import { StackDetailDocument } from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import { useStore } from '../graphql/store';
import { viewerWords as words } from '../messages/viewer';
import { Notice } from '../ui/notice';
import { CornerLabels } from './corner-labels';
import type { Stack } from './frame-source';
import { KeyHelp } from './key-help';
import { isForPicture, isInDialog, takeKey } from './keyboard';
import { Loupe } from './loupe';
import { MarkLayer } from './mark-layer';
import { type Mark, marksOn, neighbourMark } from './marks';
import { MeasureBar } from './measure-bar';
import { takeMeasuringKey } from './measuring-keys';
import { useMeasuring } from './measuring-state';
import { OverlayControls } from './overlay-controls';
import type { Overlay } from './overlay-frames';
import { OverlayLayer } from './overlay-layer';
import { useOverlay } from './overlay-state';
import { boxOnScreen } from './placement';
import { listenTo } from './pointer-input';
import { ShapeLayer } from './shape-layer';
import type { Measuring } from './shapes';
import { StackView } from './stack-view';
import { ViewerControls } from './viewer-controls';
import './measuring.css';
import './viewer.css';

interface ViewerProps {
  readonly stackId: string;
  readonly marks: readonly Mark[];
  /** What an analysis drew over this stack, where it did. */
  readonly overlay: Overlay | undefined;
  readonly selectedId: string | undefined;
  readonly isPhantom: boolean;
  /** Undefined where measurements are none of the reader's. */
  readonly measuring: Measuring | undefined;
  readonly onSelect: (markId: string) => void;
}

/** The slices of one stack, with marks. A newly selected mark brings its slice to the screen. */
export default function Viewer({ stackId, ...rest }: ViewerProps) {
  const [stack, setStack] = useState<Stack>();
  const [fault, setFault] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is how "Try again" asks for a new request
  useEffect(() => {
    const controller = new AbortController();
    setStack(undefined);
    setFault(undefined);
    request(StackDetailDocument, { id: stackId }, controller.signal)
      .then(({ node }) => {
        if (node?.__typename === 'Stack') setStack(node);
        else setFault(words.gone);
      })
      .catch((error: unknown) => {
        if (!isAbort(error)) setFault(messageOf(error));
      });
    return () => controller.abort();
  }, [stackId, attempt]);

  if (fault) {
    return (
      <div class="viewer">
        <Notice
          kind="error"
          title={words.notOpened}
          action={{ label: words.tryAgain, onClick: () => setAttempt(attempt + 1) }}
        >
          {fault}
        </Notice>
      </div>
    );
  }
  if (!stack) return <div class="viewer is-waiting" role="status" aria-label={words.opening} />;
  return <StackViewer key={stack.id} stack={stack} {...rest} />;
}

function StackViewer({
  stack,
  marks,
  overlay,
  selectedId,
  isPhantom,
  measuring,
  onSelect,
}: Omit<ViewerProps, 'stackId'> & { readonly stack: Stack }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [view] = useState(() => new StackView(stack, marks.find(({ id }) => id === selectedId)?.frameIndex));
  const look = useStore(view.look);
  const cine = useStore(view.cine.look);
  const [isHelping, setIsHelping] = useState(false);
  const drawn = useOverlay(overlay, look.index, stack.frameCount);
  const measured = useMeasuring(view, look.index, measuring);
  const { hand } = measured;
  const { tool, draft, end } = measured.look;
  const shownMarks = marksOn(look.index, marks, stack.sliceSpacing);
  const picture = look.shown === 'lossless' ? view.lossless() : undefined;

  useEffect(() => {
    if (!canvas.current || !stage.current) return;
    const detach = view.attach(canvas.current);
    const deafen = listenTo(stage.current, view, hand);
    return () => {
      deafen();
      detach();
    };
  }, [view, hand]);

  const selectedFrame = marks.find(({ id }) => id === selectedId)?.frameIndex;
  // biome-ignore lint/correctness/useExhaustiveDependencies: selecting another finding on the same slice also jumps
  useEffect(() => {
    if (selectedFrame !== undefined) view.go(selectedFrame);
  }, [view, selectedId, selectedFrame]);

  const goToMark = (direction: 1 | -1) => {
    const mark = neighbourMark(look.index, marks, direction, selectedId);
    if (!mark) return;
    view.go(mark.frameIndex);
    onSelect(mark.id);
  };

  // A name that changes ten times a second would be read out for ever.
  const at = cine.isPlaying ? words.playing : words.sliceOf(look.index + 1, stack.frameCount);
  const targets = { onMark: goToMark, onOverlay: drawn?.toggle, onHelp: () => setIsHelping(true) };
  return (
    <section
      class="viewer"
      aria-label={words.title}
      data-slice={look.index}
      data-shown={look.shown}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !isInDialog(event) && hand.leave()) return;
        if (!isForPicture(event, stage.current)) return;
        if (takeMeasuringKey(event, hand)) event.preventDefault();
        else if (takeKey(event.key, view, targets)) event.preventDefault();
      }}
    >
      <div
        ref={stage}
        class="stage"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture is worked with keys, as its name says
        tabIndex={0}
        role="application"
        aria-roledescription={words.role}
        aria-label={words.keysOn(at)}
      >
        <canvas ref={canvas} class="picture" />
        {drawn?.frame instanceof ImageData && (
          <OverlayLayer frame={drawn.frame} opacity={drawn.choice.opacity} stack={stack} placement={look.placement} />
        )}
        <MarkLayer marks={shownMarks} placement={look.placement} selectedId={selectedId} reading={look.reading} />
        {measured.shapes.length > 0 && (
          <ShapeLayer
            shapes={measured.shapes}
            selectedKey={measured.selected?.key}
            end={end}
            stack={stack}
            picture={picture}
            placement={look.placement}
            screen={look.screen}
            avoid={shownMarks.map(({ mark }) => boxOnScreen(look.placement, mark.box))}
          />
        )}
        <CornerLabels stack={stack} look={look} cine={cine} isPhantom={isPhantom} />
        {draft?.isTouch && view.scene && (
          <Loupe point={draft.points[end] ?? { x: 0, y: 0 }} scene={view.scene} screen={look.screen} />
        )}
        {look.shown === 'failed' && (
          <button type="button" class="button retry" onClick={() => view.retry()}>
            {words.loadAgain}
          </button>
        )}
      </div>
      {drawn?.choice.isOn && (
        <OverlayControls
          overlay={drawn.overlay}
          choice={drawn.choice}
          frame={drawn.frame}
          onOpacity={drawn.setOpacity}
          onRetry={drawn.retry}
        />
      )}
      {measuring && (tool || measured.selected || measuring.canUndo) && (
        <MeasureBar
          hand={hand}
          look={measured.look}
          measuring={measuring}
          selected={measured.selected}
          stack={stack}
          picture={picture}
        />
      )}
      <ViewerControls
        view={view}
        look={look}
        marks={marks}
        overlay={drawn}
        hand={measuring?.mayDraw ? hand : undefined}
        onMark={goToMark}
        onHelp={targets.onHelp}
      />
      <p class="visually-hidden" role="status">
        {look.said}
      </p>
      {isHelping && <KeyHelp onClose={() => setIsHelping(false)} />}
    </section>
  );
}
