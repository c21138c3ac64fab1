import { useStore } from '../graphql/store';
import { unreadCount } from '../graphql/unread';
import { shell as words } from '../messages/shell';
import { busyCount } from '../offline/transfers';
import { Icon, type IconName } from './icon';
import { addressTo, type Route } from './route';

interface NavigationProps {
  readonly at: Route['screen'];
  readonly isAdministrator: boolean;
}

/** The places of the app: at the bottom of a phone, where the thumb is; in the bar where there is room. */
export function Navigation({ at, isAdministrator }: NavigationProps) {
  const running = useStore(busyCount);
  const unread = useStore(unreadCount);
  const { screens } = words;
  return (
    <nav class="places" aria-label="Hilum">
      <Place
        icon="list"
        name={screens.worklist}
        to={{ screen: 'worklist' }}
        isHere={at === 'worklist' || at === 'case'}
      />
      {!isAdministrator && (
        <Place
          icon="upload"
          name={screens.upload}
          to={{ screen: 'upload' }}
          isHere={at === 'upload'}
          count={running}
          counted={words.uploadsUnderWay}
        />
      )}
      <Place
        icon="bell"
        name={screens.inbox}
        to={{ screen: 'inbox' }}
        isHere={at === 'inbox'}
        count={unread}
        counted={words.unread}
      />
      {isAdministrator && (
        <Place
          icon="people"
          name={screens.administration}
          to={{ screen: 'administration' }}
          isHere={at === 'administration'}
        />
      )}
      <Place icon="tools" name={screens.settings} to={{ screen: 'settings' }} isHere={at === 'settings'} />
      <Place icon="help" name={screens.help} to={{ screen: 'help' }} isHere={at === 'help'} />
    </nav>
  );
}

interface PlaceProps {
  readonly icon: IconName;
  readonly name: string;
  readonly to: Route;
  readonly isHere: boolean;
  readonly count?: number;
  /** Says what is counted, for who does not see where the number stands. */
  readonly counted?: (count: number) => string;
}

function Place({ icon, name, to, isHere, count = 0, counted = words.many }: PlaceProps) {
  return (
    <a class="place" href={addressTo(to)} aria-current={isHere ? 'page' : undefined}>
      <span class="place-sign">
        <Icon name={icon} />
        {count > 0 && (
          <span class="count">
            <span aria-hidden="true">{words.many(count)}</span>
            <span class="visually-hidden">{counted(count)}</span>
          </span>
        )}
      </span>
      <span>{name}</span>
    </a>
  );
}
