import { useEffect, useState } from 'preact/hooks';
import { MOST_OPACITY, type OverlayChoice, rememberChoice, rememberedChoice } from './overlay-choice';
import { type Overlay, type OverlayFrame, OverlayFrames } from './overlay-frames';

export interface OverlayState {
  readonly overlay: Overlay;
  readonly choice: OverlayChoice;
  /** Of the slice on the screen; undefined while it is on its way, and when the overlay is off. */
  readonly frame: OverlayFrame | undefined;
  readonly toggle: () => void;
  readonly setOpacity: (opacity: number) => void;
  readonly retry: () => void;
}

/** The overlay of a slice, fetched only while it is switched on; undefined where the stack has none. */
export function useOverlay(overlay: Overlay | undefined, index: number, frameCount: number): OverlayState | undefined {
  const [choice, setChoice] = useState(rememberedChoice);
  const [, redraw] = useState(0);
  const [frames, setFrames] = useState<OverlayFrames>();
  const { analysisId, kind, stackId, title } = overlay ?? {};
  useEffect(() => {
    if (!analysisId || !kind || !stackId || !title) return;
    const opened = new OverlayFrames({ analysisId, kind, stackId, title }, frameCount, () =>
      redraw((count) => count + 1),
    );
    setFrames(opened);
    return () => {
      opened.close();
      setFrames(undefined);
    };
  }, [analysisId, kind, stackId, title, frameCount]);
  useEffect(() => frames?.look(choice.isOn ? index : undefined), [frames, choice.isOn, index]);

  if (!overlay) return undefined;
  const choose = (change: Partial<OverlayChoice>) => {
    const chosen = { ...choice, ...change };
    rememberChoice(chosen);
    setChoice(chosen);
  };
  return {
    overlay,
    choice,
    frame: choice.isOn ? frames?.get(index) : undefined,
    toggle: () => choose({ isOn: !choice.isOn }),
    setOpacity: (opacity) => choose({ opacity: Math.min(MOST_OPACITY, Math.round(opacity * 100) / 100) }),
    retry: () => {
      frames?.retry();
      redraw((count) => count + 1);
    },
  };
}
