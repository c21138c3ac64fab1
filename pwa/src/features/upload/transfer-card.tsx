import { useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { useStore } from '../../graphql/store';
import { agoOf, sizeOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import type { PickedFile } from '../../offline/picked-file';
import type { Transfer } from '../../offline/transfer';
import { isBusy, isEnded, type TransferLook } from '../../offline/transfer-look';
import { dismiss, isStartedHere } from '../../offline/transfers';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { Progress } from '../../ui/progress';
import { addressTo } from '../../ui/route';
import { plural } from '../../ui/words';
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
        <Notice kind="error" title="The upload stopped">
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
            <Icon name="pause" /> Pause
          </button>
        )}
        {(phase === 'paused' || phase === 'failed') && (
          <button type="button" class="button is-primary" onClick={() => transfer.resume()}>
            <Icon name="play" /> Resume
          </button>
        )}
        {!isEnded(phase) && phase !== 'ingesting' && phase !== 'finishing' && (
          <button type="button" class="button is-quiet" onClick={() => transfer.abort()}>
            <Icon name="close" /> Discard
          </button>
        )}
        {isEnded(phase) && (
          <button type="button" class="button is-quiet" onClick={() => dismiss(transfer)}>
            Hide
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
      <p>
        {isHere
          ? 'The page was closed before all was sent.'
          : 'This upload began on another device or in another browser.'}{' '}
        Pick the same files again: only what is missing is sent.
      </p>
      {missing.length > 0 && (
        <Notice
          kind="warning"
          title={`${plural(missing.length, 'file')} of this upload ${missing.length === 1 ? 'was' : 'were'} not among them`}
        >
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
      <summary>{plural(totalCount, 'image')} refused; the others are kept</summary>
      <ul>
        {edges.map(({ node: { path, code, message } }) => (
          <li key={`${path} ${code}`}>
            <b>{path}</b>
            <span>{message}</span>
            <small class="muted">{wordOf(code)}</small>
          </li>
        ))}
      </ul>
      {edges.length < totalCount && <p class="muted">and {(totalCount - edges.length).toLocaleString()} more</p>}
    </details>
  );
}

function Files({ look: { files } }: { readonly look: TransferLook }) {
  const open = files.filter(({ sent, size }) => sent < size);
  return (
    <details class="transfer-files">
      <summary>
        {(files.length - open.length).toLocaleString()} of {plural(files.length, 'file')} sent
      </summary>
      <ul>
        {open.slice(0, MOST_FILES).map(({ name, size, sent }) => (
          <li key={name}>
            <span class="file-name">{name}</span>
            <progress max={Math.max(1, size)} value={sent} aria-label={name} />
            <small class="muted">{sizeOf(size)}</small>
          </li>
        ))}
      </ul>
      {open.length > MOST_FILES && <p class="muted">and {(open.length - MOST_FILES).toLocaleString()} more</p>}
    </details>
  );
}

function titleOf({ files, upload }: TransferLook): string {
  const first = files[0];
  if (first && files.length === 1) return first.name;
  const folder = first?.name.includes('/') ? first.name.slice(0, first.name.indexOf('/')) : undefined;
  const count = plural(files.length || (upload?.all.totalCount ?? 0), 'file');
  return folder
    ? `${folder} (${count})`
    : upload && files.length === 0
      ? `${count}, ${agoOf(upload.createdAt)}`
      : count;
}
