/** The one IndexedDB of this device: keys in one store, what they seal in another. Nothing here knows what it holds. */

const NAME = 'hilum-vault';
export type StoreName = 'keys' | 'sealed';

let opened: Promise<IDBDatabase> | undefined;

/** One transaction; what `work` resolves to is given once all of it lies on the disk. Throws where nothing can be kept. */
export async function transact<T>(
  mode: IDBTransactionMode,
  work: (store: (name: StoreName) => IDBObjectStore) => Promise<T> | T,
): Promise<T> {
  const database = await open();
  const transaction = database.transaction(['keys', 'sealed'], mode);
  const isOver = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('Aborted', 'AbortError'));
  });
  try {
    const result = await work((name) => transaction.objectStore(name));
    await isOver;
    return result;
  } catch (error) {
    isOver.catch(() => undefined);
    try {
      transaction.abort();
    } catch {
      // it is over already
    }
    throw error;
  }
}

export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('keys');
      opening.result.createObjectStore('sealed');
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const forget = () => {
        opened = undefined;
      };
      opening.result.onversionchange = () => {
        opening.result.close();
        forget();
      };
      opening.result.onclose = forget;
      resolve(opening.result);
    };
  }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
