import { viewerWords as words } from '../messages/viewer';
import type { VoiWindow } from './window-level';

export interface NamedWindow {
  readonly name: string;
  readonly center: number;
  readonly width: number;
}

/** The windows to offer, each name once; the scanner's own comes first and its name may be empty. */
export function presetsOf(windows: readonly NamedWindow[]): VoiWindow[] {
  const presets: VoiWindow[] = [];
  for (const [at, { name, center, width }] of windows.entries()) {
    const shown = titleOf(name) ?? (at === 0 ? words.windows.asScanned : words.windows.numbered(at + 1));
    if (presets.every((preset) => preset.name !== shown)) presets.push({ name: shown, center, width });
  }
  return presets;
}

/** Names come as the scanner or the server wrote them: "LUNG", "mediastinum", "WINDOW1". */
function titleOf(name: string): string | undefined {
  const words = name.trim().replaceAll('_', ' ').toLowerCase();
  return words ? words.charAt(0).toUpperCase() + words.slice(1) : undefined;
}

const REMEMBERED = 'hilum-window';

/** The preset that the reader chose last, by name, if this stack has it; otherwise the first. */
export function rememberedPreset(presets: readonly VoiWindow[]): VoiWindow | undefined {
  const name = localStorage.getItem(REMEMBERED);
  return presets.find((preset) => preset.name === name) ?? presets[0];
}

export function rememberPreset({ name }: VoiWindow): void {
  localStorage.setItem(REMEMBERED, name);
}
