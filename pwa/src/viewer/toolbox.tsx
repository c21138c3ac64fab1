import { useStore } from '../graphql/store';
import { keyWords } from '../messages/keys';
import { quantityWords } from '../messages/quantities';
import { viewerWords as words } from '../messages/viewer';
import { Icon, type IconName } from '../ui/icon';
import { RATES } from './cine';
import { type KeyName, titleOf } from './keys';
import type { Look } from './look';
import type { MeasuringHand } from './measuring-hand';
import { isColour } from './shading';
import type { Kind } from './shapes';
import type { StackView } from './stack-view';
import './toolbox.css';

interface ToolboxProps {
  readonly id: string;
  readonly view: StackView;
  readonly look: Look;
  /** Undefined for who may not draw. */
  readonly hand: MeasuringHand | undefined;
  readonly isOpen: boolean;
  readonly onHelp: () => void;
  /** A tool was taken up that works on the picture. */
  readonly onTaken: () => void;
}

/** What turns and inverts the picture: a sheet under the thumb on a phone, a row of its own where there is room. */
export function Toolbox({ id, view, look, hand, isOpen, onHelp, onTaken }: ToolboxProps) {
  return (
    <fieldset id={id} class={`toolbox ${isOpen ? 'is-open' : ''}`} aria-label={words.tools}>
      {hand && <MeasuringTools hand={hand} onTaken={onTaken} />}
      {!isColour(view.stack) && (
        <Tool
          icon="invert"
          word={words.tool.invert}
          name="invert"
          isOn={look.isInverted}
          onClick={() => view.invert()}
        />
      )}
      <Tool icon="again" word={words.tool.rotate} name="rotate" onClick={() => view.turn('rotate')} />
      <Tool icon="across" word={words.tool.across} name="across" onClick={() => view.turn('flip-across')} />
      <Tool icon="upend" word={words.tool.down} name="down" onClick={() => view.turn('flip-down')} />
      <Tool icon="fit" word={words.tool.fit} name="fit" onClick={() => view.showAll()} />
      <Tool icon="undo" word={words.tool.reset} name="reset" onClick={() => view.reset()} />
      <Play view={view} />
      <button type="button" class="chip for-keys" title={titleOf('help')} aria-label={words.keys} onClick={onHelp}>
        {keyWords.help.keys}
      </button>
    </fieldset>
  );
}

function MeasuringTools({ hand, onTaken }: { readonly hand: MeasuringHand; readonly onTaken: () => void }) {
  const { tool } = useStore(hand.look);
  const { kinds } = quantityWords;
  const choose = (kind: Kind) => {
    hand.choose(kind);
    onTaken();
  };
  return (
    <>
      <Tool icon="ruler" word={kinds.LENGTH} name="ruler" isOn={tool === 'LENGTH'} onClick={() => choose('LENGTH')} />
      <Tool
        icon="ellipse"
        word={kinds.ELLIPSE}
        name="ellipse"
        isOn={tool === 'ELLIPSE'}
        onClick={() => choose('ELLIPSE')}
      />
    </>
  );
}

function Play({ view }: Pick<ToolboxProps, 'view'>) {
  const { isPlaying, rate } = useStore(view.cine.look);
  if (view.stack.frameCount < 2) return null;
  return (
    <span class="play">
      <Tool
        icon={isPlaying ? 'pause' : 'play'}
        word={isPlaying ? words.tool.stop : words.tool.play}
        name="play"
        onClick={() => view.play()}
      />
      <select
        aria-label={words.rates}
        title={words.rates}
        value={rate}
        onChange={(event) => view.cine.setRate(Number(event.currentTarget.value))}
      >
        {RATES.map((each) => (
          <option key={each} value={each}>
            {words.perSecond(each)}
          </option>
        ))}
      </select>
    </span>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly word: string;
  readonly name: KeyName;
  readonly isOn?: boolean;
  readonly onClick: () => void;
}

function Tool({ icon, word, name, isOn, onClick }: ToolProps) {
  return (
    <button type="button" class="chip" title={titleOf(name)} aria-pressed={isOn} onClick={onClick}>
      <Icon name={icon} /> <span class="word">{word}</span>
    </button>
  );
}
