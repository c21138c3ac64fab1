import { useStore } from '../../graphql/store';
import { remedyOf, shared as words } from '../../messages/shared';
import { bytesIn } from '../../offline/shared-files';
import { discardShared, forgetNews, sharedNews, sharedOffer, startShared } from '../../offline/shared-offer';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';

/** Files listed by name at most; of the others the number is told. */
const MOST_NAMES = 5;

/** What another app shared: taken or discarded, never sent by itself. */
export function SharedFiles() {
  const files = useStore(sharedOffer);
  const news = useStore(sharedNews);
  return (
    <>
      {news && news !== 'kept' && (
        <Notice kind="warning" title={words.titles[news]} action={{ label: words.hide, onClick: forgetNews }}>
          {remedyOf(news)}
        </Notice>
      )}
      {files.length > 0 && (
        <section class="shared-files" aria-labelledby="shared-title">
          <h2 id="shared-title">{words.title}</h2>
          <p role="status">{words.amount(files.length, bytesIn(files))}</p>
          <ul class="muted">
            {files.slice(0, MOST_NAMES).map(({ name, at }) => (
              <li key={at} class="file-name">
                {name}
              </li>
            ))}
            {files.length > MOST_NAMES && <li>{words.more(files.length - MOST_NAMES)}</li>}
          </ul>
          <p class="muted">{words.waiting}</p>
          <div class="transfer-actions">
            <button type="button" class="button is-primary" onClick={() => void startShared()}>
              <Icon name="upload" /> {words.start}
            </button>
            <button type="button" class="button is-quiet" onClick={() => void discardShared()}>
              <Icon name="close" /> {words.discard}
            </button>
          </div>
        </section>
      )}
    </>
  );
}
