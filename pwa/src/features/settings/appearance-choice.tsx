import { useStore } from '../../graphql/store';
import { type Appearance, appearance } from '../../ui/appearance';

const CHOICES: readonly (readonly [Appearance, string])[] = [
  ['dark', 'Dark'],
  ['light', 'Light'],
  ['device', 'As this device'],
];

export function AppearanceChoice() {
  const chosen = useStore(appearance);
  return (
    <section aria-labelledby="appearance">
      <h2 id="appearance">Appearance</h2>
      <fieldset class="choices" aria-labelledby="appearance">
        {CHOICES.map(([value, name]) => (
          <button
            key={value}
            type="button"
            class="chip"
            aria-pressed={chosen === value}
            onClick={() => appearance.set(value)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <p class="muted">Images stand on black in either. The choice is kept on this device.</p>
    </section>
  );
}
