import { useStore } from '../../graphql/store';
import { whenOf } from '../../messages/formats';
import { Notice } from '../../ui/notice';
import type { ReadingState } from './reading-state';
import './reading.css';

/** A patient's own view: what a doctor wrote for them, and nothing of what a model said. */
export function Released({ state }: { readonly state: ReadingState }) {
  const { reviews, releases, fault } = useStore(state.look);
  const standing = releases.filter(({ withdrawnAt }) => !withdrawnAt);
  return (
    <section class="readings" aria-label="Your result">
      <h2>Your result</h2>
      {fault && (
        <Notice
          kind="error"
          title="Your result could not be read"
          action={{ label: 'Try again', onClick: () => void state.read() }}
        >
          {fault}
        </Notice>
      )}
      {reviews && standing.length === 0 && (
        <p>
          There is no result for you yet. A doctor reads the images first and then writes to you here. If you feel
          unwell, do not wait for it: ask your doctor.
        </p>
      )}
      {standing.map(({ id, at, summary, by }) => (
        <article key={id} class="reading">
          <p class="plain-words">{summary}</p>
          <p class="muted">
            {by.displayName}, {whenOf(at)}
          </p>
        </article>
      ))}
    </section>
  );
}
