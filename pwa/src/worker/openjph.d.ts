declare module '@cornerstonejs/codec-openjph' {
  interface FrameInfo {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
  }
  interface HTJ2KDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getFrameInfo(): FrameInfo;
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  interface OpenJph {
    readonly HTJ2KDecoder: new () => HTJ2KDecoder;
    getExceptionMessage?(pointer: number): string;
  }
  export default function openjph(options: {
    locateFile: (name: string) => string;
    print?: (text: string) => void;
    printErr?: (text: string) => void;
  }): Promise<OpenJph>;
}
