import {
  type FileToSendFragment,
  PendingFilesDocument,
  type PendingFilesQuery,
  PendingPartsDocument,
  type PendingPartsQuery,
  UploadFilesDocument,
  type UploadFilesQuery,
} from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import type { PartToSend } from './send-part';

export interface PendingPart {
  readonly fileId: string;
  readonly fileIndex: number;
  readonly part: PartToSend;
  /** When its address came, in milliseconds of this device's clock. */
  readonly toldAt: number;
}

/** All files of an upload, page by page. */
export async function listFiles(uploadId: string, signal: AbortSignal) {
  const files: { index: number; name: string; size: number; received: boolean }[] = [];
  let after: string | null = null;
  for (;;) {
    const { node }: UploadFilesQuery = await request(UploadFilesDocument, { id: uploadId, after }, signal);
    if (node?.__typename !== 'Upload') return files;
    files.push(...node.files.edges.map((edge) => edge.node));
    if (!node.files.pageInfo.hasNextPage) return files;
    after = node.files.pageInfo.endCursor ?? null;
  }
}

/** Every part that the server does not have yet, read page by page as it is asked for, so that addresses stay fresh. */
export async function* pendingParts(
  uploadId: string,
  signal: AbortSignal,
  onFile: (file: FileToSendFragment, pendingBytes: number) => void,
): AsyncGenerator<PendingPart, void, undefined> {
  let after: string | null = null;
  for (;;) {
    const { node }: PendingFilesQuery = await request(PendingFilesDocument, { id: uploadId, after }, signal);
    if (node?.__typename !== 'Upload') return;
    const toldAt = Date.now();
    for (const { node: file } of node.files.edges) {
      const parts = file.parts.edges.map((edge) => edge.node);
      if (file.parts.pageInfo.hasNextPage) {
        for await (const part of furtherParts(file.id, file.parts.pageInfo.endCursor ?? null, signal)) parts.push(part);
      }
      onFile(
        file,
        parts.reduce((sum, part) => sum + part.size, 0),
      );
      for (const part of parts) yield { fileId: file.id, fileIndex: file.index, part, toldAt };
    }
    if (!node.files.pageInfo.hasNextPage) return;
    after = node.files.pageInfo.endCursor ?? null;
  }
}

/** The same part with a new address; undefined when the server has it by now. */
export async function renewPart({ fileId, part }: PendingPart, signal: AbortSignal): Promise<PartToSend | undefined> {
  for await (const fresh of furtherParts(fileId, null, signal)) {
    if (fresh.number === part.number) return fresh;
  }
  return undefined;
}

async function* furtherParts(
  fileId: string,
  from: string | null,
  signal: AbortSignal,
): AsyncGenerator<PartToSend, void, undefined> {
  let after = from;
  for (;;) {
    const { node }: PendingPartsQuery = await request(PendingPartsDocument, { id: fileId, after }, signal);
    if (node?.__typename !== 'UploadFile') return;
    for (const edge of node.parts.edges) yield edge.node;
    if (!node.parts.pageInfo.hasNextPage) return;
    after = node.parts.pageInfo.endCursor ?? null;
  }
}
