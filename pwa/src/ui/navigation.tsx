import { useStore } from '../graphql/store';
import { busyCount } from '../offline/transfers';
import { Icon, type IconName } from './icon';
import { addressTo, type Route } from './route';

interface NavigationProps {
  readonly at: Route['screen'];
  readonly mayUpload: boolean;
}

/** The places of the app: at the bottom of a phone, where the thumb is; in the bar where there is room. */
export function Navigation({ at, mayUpload }: NavigationProps) {
  const running = useStore(busyCount);
  return (
    <nav class="places" aria-label="Hilum">
      <Place icon="list" name="Worklist" to={{ screen: 'worklist' }} isHere={at === 'worklist' || at === 'case'} />
      {mayUpload && (
        <Place
          icon="upload"
          name="Upload"
          to={{ screen: 'upload' }}
          isHere={at === 'upload'}
          count={running}
          of="under way"
        />
      )}
      <Place icon="tools" name="Settings" to={{ screen: 'settings' }} isHere={at === 'settings'} />
      <Place icon="help" name="Help" to={{ screen: 'help' }} isHere={at === 'help'} />
    </nav>
  );
}

interface PlaceProps {
  readonly icon: IconName;
  readonly name: string;
  readonly to: Route;
  readonly isHere: boolean;
  readonly count?: number;
  /** What is counted, for who does not see where the number stands. */
  readonly of?: string;
}

function Place({ icon, name, to, isHere, count = 0, of = '' }: PlaceProps) {
  return (
    <a class="place" href={addressTo(to)} aria-current={isHere ? 'page' : undefined}>
      <span class="place-sign">
        <Icon name={icon} />
        {count > 0 && (
          <span class="count">
            {count > 99 ? '99+' : count}
            <span class="visually-hidden"> {of}</span>
          </span>
        )}
      </span>
      <span>{name}</span>
    </a>
  );
}
