import { useStore } from '../../graphql/store';
import { settings } from '../../messages/settings';
import { type Appearance, appearance } from '../../ui/appearance';

const CHOICES: readonly Appearance[] = ['dark', 'light', 'device'];

export function AppearanceChoice() {
  const chosen = useStore(appearance);
  const { appearance: words } = settings;
  return (
    <section aria-labelledby="appearance">
      <h2 id="appearance">{words.title}</h2>
      <fieldset class="choices" aria-labelledby="appearance">
        {CHOICES.map((value) => (
          <button
            key={value}
            type="button"
            class="chip"
            aria-pressed={chosen === value}
            onClick={() => appearance.set(value)}
          >
            {words.choices[value]}
          </button>
        ))}
      </fieldset>
      <p class="muted">{words.note}</p>
    </section>
  );
}
