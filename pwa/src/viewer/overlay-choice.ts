/** Whether overlays are shown and how strongly, for as long as the browser's tab is open. */
export interface OverlayChoice {
  readonly isOn: boolean;
  /** 0.1 to 0.9: never so strong that the picture under it is gone. */
  readonly opacity: number;
}

export const LEAST_OPACITY = 0.1;
export const MOST_OPACITY = 0.9;
const AT_FIRST: OverlayChoice = { isOn: false, opacity: 0.5 };
const REMEMBERED = 'hilum-overlay';

/** What was kept, if it can be believed. */
export function choiceOf(kept: string | null): OverlayChoice {
  const match = /^(on|off) (\d(?:\.\d+)?)$/.exec(kept ?? '');
  const opacity = Number(match?.[2]);
  if (!match || opacity < LEAST_OPACITY || opacity > MOST_OPACITY) return AT_FIRST;
  return { isOn: match[1] === 'on', opacity };
}

export function rememberedChoice(): OverlayChoice {
  return choiceOf(sessionStorage.getItem(REMEMBERED));
}

export function rememberChoice({ isOn, opacity }: OverlayChoice): void {
  sessionStorage.setItem(REMEMBERED, `${isOn ? 'on' : 'off'} ${opacity}`);
}
