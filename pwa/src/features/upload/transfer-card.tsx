import { useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { useStore } from '../../graphql/store';
import { agoOf, sizeOf } from '../../messages/formats';
import { upload as words } from '../../messages/upload';
import { wordOf } from '../../messages/values';
import type { PickedFile } from '../../offline/picked-file';
import type { Transfer } from '../../offline/transfer';
import { isBusy, isEnded, type TransferLook } from '../../offline/transfer-look';
import { dismiss, isStartedHere } from '../../offline/transfers';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { Progress } from '../../ui/progress';
import { addressTo } from '../../ui/route';
import { FilePickers } from './file-pickers';
import { shareOf, standingOf } from './transfer-words';

/** Files listed by name at most; of the others the number is told. */
const MOST_FILES = 60;

export function TransferCard({ transfer }: { readonly transfer: Transfer }) {
  const look = useStore(transfer.look);
  const { phase, upload, fault } = look;
  return (
    <li class={`transfer is-${phase}`}>
      <h2>{titleOf(look)}</h2>
      <p role="status" class="standing">
        {standingOf(look)}
      </p>
      {phase !== 'aborted' && phase !== 'expired' && phase !== 'complete' && (
        <Progress value={shareOf(look)} label={titleOf(look)} />
      )}
      {fault && (
        <Notice kind="error" title={words.stoppedBy}>
          {fault}
        </Notice>
      )}
      {phase === 'needs-files' && <PickAgain transfer={transfer} isHere={isStartedHere(upload?.id)} />}
      <Rejections look={look} />
      {upload && upload.cases.totalCount > 0 && (
        <ul class="transfer-cases">
          {upload.cases.edges.map(({ node }) => (
            <li key={node.id}>
              <a class="button is-quiet" href={addressTo({ screen: 'case', caseId: node.id })}>
                <Icon name="next" /> {node.title}
              </a>
            </li>
          ))}
        </ul>
      )}
      <div class="transfer-actions">
        {(phase === 'sending' || phase === 'waiting' || phase === 'checking') && (
          <button type="button" class="button is-quiet" onClick={() => transfer.pause()}>
            <Icon name="pause" /> {words.pause}
          </button>
        )}
        {(phase === 'paused' || phase === 'failed') && (
          <button type="button" class="button is-primary" onClick={() => transfer.resume()}>
            <Icon name="play" /> {words.resume}
          </button>
        )}
        {!isEnded(phase) && phase !== 'ingesting' && phase !== 'finishing' && (
          <button type="button" class="button is-quiet" onClick={() => transfer.abort()}>
            <Icon name="close" /> {words.discard}
          </button>
        )}
        {isEnded(phase) && (
          <button type="button" class="button is-quiet" onClick={() => dismiss(transfer)}>
            {words.hide}
          </button>
        )}
      </div>
      {(isBusy(phase) || phase === 'paused' || phase === 'failed') && <Files look={look} />}
    </li>
  );
}

function PickAgain({ transfer, isHere }: { readonly transfer: Transfer; readonly isHere: boolean }) {
  const [missing, setMissing] = useState<readonly string[]>([]);
  const [fault, setFault] = useState<string>();
  const pick = async (picked: PickedFile[]) => {
    try {
      setMissing(await transfer.resumeWith(picked));
      setFault(undefined);
    } catch (error) {
      setFault(messageOf(error));
    }
  };
  return (
    <div class="pick-again">
      <p>{isHere ? words.closedEarly : words.beganElsewhere}</p>
      {missing.length > 0 && (
        <Notice kind="warning" title={words.missing(missing.length)}>
          {missing.slice(0, 5).join(', ')}
          {missing.length > 5 && ' …'}
        </Notice>
      )}
      {fault && <Notice kind="error" title={fault} />}
      <FilePickers onPick={pick} />
    </div>
  );
}

function Rejections({ look: { upload } }: { readonly look: TransferLook }) {
  if (!upload || upload.rejections.totalCount === 0) return null;
  const { edges, totalCount } = upload.rejections;
  return (
    <details class="rejections" open={totalCount <= 5}>
      <summary>{words.refusedOthersKept(totalCount)}</summary>
      <ul>
        {edges.map(({ node: { path, code, message } }) => (
          <li key={`${path} ${code}`}>
            <b>{path}</b>
            <span>{message}</span>
            <small class="muted">{wordOf(code)}</small>
          </li>
        ))}
      </ul>
      {edges.length < totalCount && <p class="muted">{words.andMore(totalCount - edges.length)}</p>}
    </details>
  );
}

function Files({ look: { files } }: { readonly look: TransferLook }) {
  const open = files.filter(({ sent, size }) => sent < size);
  return (
    <details class="transfer-files">
      <summary>{words.filesSent(files.length - open.length, files.length)}</summary>
      <ul>
        {open.slice(0, MOST_FILES).map(({ name, size, sent }) => (
          <li key={name}>
            <span class="file-name">{name}</span>
            <progress max={Math.max(1, size)} value={sent} aria-label={name} />
            <small class="muted">{sizeOf(size)}</small>
          </li>
        ))}
      </ul>
      {open.length > MOST_FILES && <p class="muted">{words.andMore(open.length - MOST_FILES)}</p>}
    </details>
  );
}

function titleOf({ files, upload }: TransferLook): string {
  const first = files[0];
  if (first && files.length === 1) return first.name;
  const folder = first?.name.includes('/') ? first.name.slice(0, first.name.indexOf('/')) : undefined;
  const count = files.length || (upload?.all.totalCount ?? 0);
  if (folder) return words.filesOfFolder(folder, count);
  return upload && files.length === 0 ? words.filesBegun(count, agoOf(upload.createdAt)) : words.files(count);
}
