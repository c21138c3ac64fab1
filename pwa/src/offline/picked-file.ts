import { isLitter } from './part-plan';

/** A file with the path that it has below what was picked. */
export interface PickedFile {
  readonly name: string;
  readonly size: number;
  readonly blob: File;
}

export function pickedFrom(files: Iterable<File>): PickedFile[] {
  return [...files]
    .map((blob) => ({ name: blob.webkitRelativePath || blob.name, size: blob.size, blob }))
    .filter(({ name }) => !isLitter(name));
}

/** Files and whole folders from a drop. */
export async function droppedFrom(transfer: DataTransfer): Promise<PickedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return pickedFrom(transfer.files);
  const found: PickedFile[] = [];
  for (const entry of entries) await collect(entry, '', found);
  return found.filter(({ name }) => !isLitter(name));
}

async function collect(entry: FileSystemEntry, folder: string, found: PickedFile[]): Promise<void> {
  const name = folder + entry.name;
  if (entry.isFile) {
    const blob = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ name, size: blob.size, blob });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives at most a hundred entries at a time and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, `${name}/`, found);
  }
}
