import { useEffect, useState } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { upload as words } from '../../messages/upload';
import { droppedFrom, type PickedFile } from '../../offline/picked-file';
import { readUnfinished, startTransfer, transfers, transfersFault } from '../../offline/transfers';
import { Notice } from '../../ui/notice';
import { FilePickers } from './file-pickers';
import { SharedFiles } from './shared-files';
import { TransferCard } from './transfer-card';
import './upload.css';

export function Upload() {
  const all = useStore(transfers);
  const fault = useStore(transfersFault);
  const [isOver, setIsOver] = useState(false);

  useEffect(() => {
    const controller = new AbortController();
    void readUnfinished(controller.signal);
    return () => controller.abort();
  }, []);

  const start = (picked: PickedFile[]) => {
    if (picked.length > 0) startTransfer(picked);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    if (event.dataTransfer) start(await droppedFrom(event.dataTransfer));
  };

  return (
    <main class="upload">
      <h1>{words.title}</h1>
      <SharedFiles />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the buttons inside do the same */}
      <div
        class={`drop-zone ${isOver ? 'is-over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <FilePickers onPick={start} />
        <p class="muted drop-hint">{words.drop}</p>
      </div>
      {fault && (
        <Notice kind="error" title={words.notRead}>
          {fault}
        </Notice>
      )}
      <ul class="transfers" aria-label={words.uploads}>
        {all.map((transfer) => (
          <TransferCard key={transfer.key} transfer={transfer} />
        ))}
      </ul>
      <p class="muted upload-note">{words.note}</p>
    </main>
  );
}
