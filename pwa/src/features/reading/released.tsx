import { useStore } from '../../graphql/store';
import { whenOf } from '../../messages/formats';
import { readingWords as words } from '../../messages/reading';
import { Notice } from '../../ui/notice';
import type { ReadingState } from './reading-state';
import './reading.css';

/** A patient's own view: what a doctor wrote for them, and nothing of what a model said. */
export function Released({ state }: { readonly state: ReadingState }) {
  const { reviews, releases, fault } = useStore(state.look);
  const standing = releases.filter(({ withdrawnAt }) => !withdrawnAt);
  return (
    <section class="readings" aria-label={words.result.title}>
      <h2>{words.result.title}</h2>
      {fault && (
        <Notice
          kind="error"
          title={words.result.unreadable}
          action={{ label: words.tryAgain, onClick: () => void state.read() }}
        >
          {fault}
        </Notice>
      )}
      {reviews && standing.length === 0 && <p>{words.result.none}</p>}
      {standing.map(({ id, at, summary, by }) => (
        <article key={id} class="reading">
          <p class="plain-words">{summary}</p>
          <p class="muted">{words.result.by(by.displayName, whenOf(at))}</p>
        </article>
      ))}
    </section>
  );
}
