/** What page and decoder say to each other. Buffers are transferred, never copied. */

export interface DecodeRequest {
  readonly id: number;
  /** One HTJ2K codestream (image/jphc). */
  readonly codestream: ArrayBuffer;
}

/** Stored values, row after row; `samples` values a pixel, one beside the other. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour. */
  readonly samples: number;
  /** Bits of one stored value; up to 8 lie in one byte, more in two (little endian). */
  readonly bits: number;
  readonly isSigned: boolean;
  readonly bytes: ArrayBuffer;
}

export type DecodeAnswer =
  | { readonly id: number; readonly image: DecodedImage }
  | { readonly id: number; readonly fault: string };
