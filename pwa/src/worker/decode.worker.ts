/// <reference lib="webworker" />
import openjph from '@cornerstonejs/codec-openjph';
import wasmUrl from '@cornerstonejs/codec-openjph/wasm?url';
import type { DecodeAnswer, DecodedImage, DecodeRequest } from './messages';

declare const self: DedicatedWorkerGlobalScope;

const quiet = () => undefined;
const codec = openjph({ locateFile: () => wasmUrl, print: quiet, printErr: quiet });

self.addEventListener('message', async ({ data }: MessageEvent<DecodeRequest>) => {
  try {
    const image = await decode(data.codestream);
    self.postMessage({ id: data.id, image } satisfies DecodeAnswer, [image.bytes]);
  } catch (error) {
    self.postMessage({ id: data.id, fault: String(error) } satisfies DecodeAnswer);
  }
});

async function decode(codestream: ArrayBuffer): Promise<DecodedImage> {
  const { HTJ2KDecoder } = await codec;
  // A decoder for each frame: one that failed on a broken codestream keeps its broken state.
  const decoder = new HTJ2KDecoder();
  try {
    decoder.getEncodedBuffer(codestream.byteLength).set(new Uint8Array(codestream));
    decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
    // The decoded bytes lie in the codec's own memory, which the next frame overwrites.
    const bytes = decoder.getDecodedBuffer().slice().buffer;
    return { width, height, samples: componentCount, bits: bitsPerSample, isSigned, bytes };
  } finally {
    decoder.delete();
  }
}
