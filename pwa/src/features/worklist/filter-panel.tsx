import type { CaseOrder, Urgency } from '../../graphql/generated/graphql';
import { wordOf } from '../../messages/values';
import { worklist as words } from '../../messages/worklist';
import { EVERYTHING, type FilterChoice, type Period, toggled } from './filter-choice';

const URGENCIES: readonly Urgency[] = ['URGENT', 'PRIORITY', 'ROUTINE'];
/** DICOM (0008,0060): what comes to a chest reader. Others are found by words. */
const MODALITIES: readonly string[] = ['CT', 'MR', 'PT', 'CR', 'DX'];
const PERIODS: readonly Period[] = ['any', 'day', 'week', 'month'];
const ORDERS: readonly CaseOrder[] = ['MOST_URGENT', 'NEWEST', 'LAST_ACTIVITY'];

interface FilterPanelProps {
  readonly id: string;
  readonly choice: FilterChoice;
  readonly onChoose: (choice: FilterChoice) => void;
}

export function FilterPanel({ id, choice, onChoose }: FilterPanelProps) {
  const { text } = choice;
  return (
    <div class="filter-panel" id={id}>
      <Chips
        name={words.urgency}
        values={URGENCIES.map((each) => [each, wordOf(each)])}
        isOn={(each) => choice.urgency.includes(each)}
        onPick={(each) => onChoose({ ...choice, urgency: toggled(choice.urgency, each) })}
      />
      <Chips
        name={words.modality}
        values={MODALITIES.map((each) => [each, each])}
        isOn={(each) => choice.modality.includes(each)}
        onPick={(each) => onChoose({ ...choice, modality: toggled(choice.modality, each) })}
      />
      <Chips
        name={words.comments}
        values={[['unread', words.unreadOnly]]}
        isOn={() => choice.isUnread}
        onPick={() => onChoose({ ...choice, isUnread: !choice.isUnread })}
      />
      <Chips
        name={words.receivedWithin}
        values={PERIODS.map((each) => [each, words.periods[each]])}
        isOn={(each) => choice.period === each}
        onPick={(period) => onChoose({ ...choice, period })}
      />
      <Chips
        name={words.order}
        values={ORDERS.map((each) => [each, words.orders[each]])}
        isOn={(each) => choice.order === each}
        onPick={(order) => onChoose({ ...choice, order })}
      />
      <button type="button" class="button is-quiet" onClick={() => onChoose({ ...EVERYTHING, text })}>
        {words.showEverything}
      </button>
    </div>
  );
}

interface ChipsProps<T extends string> {
  readonly name: string;
  readonly values: readonly (readonly [T, string])[];
  readonly isOn: (value: T) => boolean;
  readonly onPick: (value: T) => void;
}

function Chips<T extends string>({ name, values, isOn, onPick }: ChipsProps<T>) {
  return (
    <fieldset class="filter-group">
      <legend>{name}</legend>
      <div class="choices">
        {values.map(([value, word]) => (
          <button key={value} type="button" class="chip" aria-pressed={isOn(value)} onClick={() => onPick(value)}>
            {word}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
