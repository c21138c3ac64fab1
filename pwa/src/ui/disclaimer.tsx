import { shell as words } from '../messages/shell';

/** Always on the screen. */
export function Disclaimer({ model }: { readonly model?: string | undefined }) {
  return (
    <footer class="disclaimer">
      {model && <span class="model">{`${model} · `}</span>}
      {words.disclaimer}
    </footer>
  );
}
