import { useEffect, useState } from 'preact/hooks';
import { LeavingDialog } from './features/offline/leaving-dialog';
import { NeedsReception, StandAloneBar } from './features/pins/stand-alone';
import { SignIn } from './features/sign-in/sign-in';
import { Upload } from './features/upload/upload';
import { Worklist } from './features/worklist/worklist';
import { isLive } from './graphql/live';
import { followNews } from './graphql/news';
import { resumeQuietly, resumeSession, type SignedInViewer, session, signOut } from './graphql/session';
import { useStore } from './graphql/store';
import { followUnread } from './graphql/unread';
import { requests } from './messages/requests';
import { shared } from './messages/shared';
import { shell as words } from './messages/shell';
import { renewPush } from './offline/push';
import { sharedNews } from './offline/shared-offer';
import { Disclaimer } from './ui/disclaimer';
import { Icon } from './ui/icon';
import { Lazy } from './ui/lazy';
import { Navigation } from './ui/navigation';
import { Notice } from './ui/notice';
import { addressTo, type Route, route } from './ui/route';
import { UpdateBar } from './ui/update-bar';

/** From this width on, worklist, images and panel stand side by side. */
const WIDE = matchMedia('(min-width: 1100px)');

const caseScreen = () => import('./features/case/case');
const inbox = () => import('./features/inbox/inbox');
const settings = () => import('./features/settings/settings');
const help = () => import('./features/help/help');
const administration = () => import('./features/administration/administration');

/** Milliseconds after which the worklist has what it needs. */
const AHEAD_MS = 1500;

const WORKLIST: Route = { screen: 'worklist' };

export function App() {
  const state = useStore(session);
  const at = useStore(route);
  if (state.kind === 'starting')
    return <main class="is-waiting" aria-busy="true" aria-label={words.opening('Hilum')} />;
  if (state.kind === 'unreachable' && state.viewer) {
    return <Home key={state.viewer.user.id} viewer={state.viewer} isHere={false} />;
  }
  if (state.kind === 'unreachable') {
    return (
      <main class="unreachable">
        <Notice
          kind="error"
          title={words.noServer}
          action={{ label: words.tryAgain, onClick: () => void resumeSession() }}
        >
          {requests.noAnswer}
        </Notice>
      </main>
    );
  }
  if (state.kind === 'leaving') return <main class="is-waiting" aria-busy="true" aria-label={words.signingOut} />;
  if (state.kind === 'signed-out') {
    const waiting = sharedNews.value === 'kept' ? shared.signIn : undefined;
    return <SignIn reason={state.reason ?? waiting} at={at} />;
  }
  return <Home key={state.viewer.user.id} viewer={state.viewer} isHere />;
}

interface HomeProps {
  readonly viewer: SignedInViewer;
  /** False where the app began without a connection, with what this device keeps. */
  readonly isHere: boolean;
}

function Home({ viewer, isHere }: HomeProps) {
  const address = useStore(route);
  // An invitation is for whoever is not signed in.
  const at = address.screen === 'sign-up' ? WORKLIST : address;
  const isWide = useIsWide();
  const isOnline = useStore(isLive);
  const caseId = at.screen === 'case' ? at.caseId : undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: one subscription a sign-in; a renewed token brings a new viewer object
  useEffect(() => {
    if (!isHere) return;
    const controller = new AbortController();
    followNews(viewer.eventCursor, controller.signal);
    followUnread(controller.signal);
    // Where it cannot be told now, the next sign-in tells it.
    renewPush().catch(() => undefined);
    return () => controller.abort();
  }, [isHere]);

  // The case's code comes while the worklist is looked at.
  useEffect(() => {
    const timer = setTimeout(() => caseScreen().catch(() => undefined), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);

  // No case's name: titles are shown by task switchers and kept in the browser's history.
  useEffect(() => {
    document.title = words.pageTitle(words.screens[at.screen]);
  }, [at.screen]);

  return (
    <div class={`home is-${at.screen} ${isWide ? 'is-wide' : 'is-narrow'}`}>
      <Bar viewer={viewer} at={at.screen} isHere={isHere} />
      <LeavingDialog />
      <UpdateBar />
      {isHere && !isOnline && (
        <p class="offline-bar" role="status">
          {words.liveIsInterrupted}
        </p>
      )}
      <Worklist
        openCaseId={caseId}
        isShown={isWide || at.screen === 'worklist'}
        isMain={!isWide && at.screen === 'worklist'}
        mayUpload={viewer.user.role !== 'ADMINISTRATOR'}
      />
      {!isHere && at.screen !== 'worklist' && at.screen !== 'case' && <NeedsReception />}
      {isHere && at.screen === 'upload' && <Upload />}
      {isHere && at.screen === 'inbox' && <Lazy load={inbox} props={{}} label={words.screens.inbox} />}
      {isHere && at.screen === 'settings' && <Lazy load={settings} props={{ viewer }} label={words.screens.settings} />}
      {isHere && at.screen === 'help' && <Lazy load={help} props={{}} label={words.screens.help} />}
      {isHere && at.screen === 'administration' && viewer.user.role === 'ADMINISTRATOR' && (
        <Lazy load={administration} props={{}} label={words.screens.administration} />
      )}
      {at.screen === 'case' && <Lazy key={at.caseId} load={caseScreen} props={{ at }} label={words.theCase} />}
      {at.screen === 'worklist' && isWide && (
        <main class="empty nothing-open">
          <h1 class="visually-hidden">{words.screens.worklist}</h1>
          <p>{words.chooseCase}</p>
        </main>
      )}
      {at.screen !== 'case' && <Disclaimer />}
    </div>
  );
}

function Bar({ viewer, at, isHere }: HomeProps & { readonly at: Route['screen'] }) {
  const leave = () => void signOut();
  return (
    <header class="bar">
      <a class="brand" href={addressTo({ screen: 'worklist' })}>
        <img src="/icon.svg" alt="" width={28} height={28} /> {'Hilum'}
      </a>
      <Navigation at={at} isAdministrator={viewer.user.role === 'ADMINISTRATOR'} />
      <span class="who" title={viewer.organization.name}>
        {viewer.user.displayName}
      </span>
      <button type="button" class="icon-button" aria-label={words.signOut(viewer.user.displayName)} onClick={leave}>
        <Icon name="leave" />
      </button>
      {!isHere && <StandAloneBar onRetry={() => void resumeQuietly()} />}
    </header>
  );
}

function useIsWide(): boolean {
  const [isWide, setIsWide] = useState(WIDE.matches);
  useEffect(() => {
    const change = () => setIsWide(WIDE.matches);
    WIDE.addEventListener('change', change);
    return () => WIDE.removeEventListener('change', change);
  }, []);
  return isWide;
}
