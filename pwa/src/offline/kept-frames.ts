import { type FrameKind, frameName } from './kept-names';
import { pins } from './pins';
import { getBytes } from './vault';

/** A frame as the server gave it, where this device keeps its case. */
export async function keptFrame(stackId: string, kind: FrameKind, index: number): Promise<ArrayBuffer | undefined> {
  const pin = pins.value.find(({ stackIds }) => stackIds.includes(stackId));
  return pin && getBytes('cases', frameName(pin.caseId, stackId, kind, index)).catch(() => undefined);
}
