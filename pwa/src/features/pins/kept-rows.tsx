import type { ComponentChildren } from 'preact';
import type { CaseRowFragment } from '../../graphql/generated/graphql';
import { useStore } from '../../graphql/store';
import { pins as words } from '../../messages/pins';
import { pins } from '../../offline/pins';
import './pins.css';

/** The rows of the cases that can be opened without reception. `children` draws a row as the worklist does. */
export function KeptRows({ children }: { readonly children: (row: CaseRowFragment) => ComponentChildren }) {
  const kept = useStore(pins).filter(({ isComplete }) => isComplete);
  return (
    <section class="kept-rows" aria-labelledby="kept-rows">
      <h2 id="kept-rows">{kept.length > 0 ? words.listTitle : words.nothing}</h2>
      {kept.length > 0 && <ul class="case-list">{kept.map(({ row }) => children(row))}</ul>}
      <p class="muted">{words.elsewhere}</p>
    </section>
  );
}
