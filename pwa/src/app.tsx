import { useEffect, useState } from 'preact/hooks';
import { LeavingDialog } from './features/offline/leaving-dialog';
import { SignIn } from './features/sign-in/sign-in';
import { Upload } from './features/upload/upload';
import { Worklist } from './features/worklist/worklist';
import { OFFLINE } from './graphql/failure';
import { isLive } from './graphql/live';
import { followNews } from './graphql/news';
import { resumeSession, type SignedInViewer, session, signOut } from './graphql/session';
import { useStore } from './graphql/store';
import { followUnread } from './graphql/unread';
import { shared } from './messages/shared';
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

const TITLES = {
  worklist: 'Worklist',
  upload: 'Upload',
  case: 'Case',
  inbox: 'Inbox',
  settings: 'Settings',
  help: 'Help',
  'sign-up': 'Worklist',
} as const;

const caseScreen = () => import('./features/case/case');
const inbox = () => import('./features/inbox/inbox');
const settings = () => import('./features/settings/settings');
const help = () => import('./features/help/help');

/** Milliseconds after which the worklist has what it needs. */
const AHEAD_MS = 1500;

const WORKLIST: Route = { screen: 'worklist' };

export function App() {
  const state = useStore(session);
  const at = useStore(route);
  if (state.kind === 'starting') return <main class="is-waiting" aria-busy="true" aria-label="Opening Hilum" />;
  if (state.kind === 'unreachable') {
    return (
      <main class="unreachable">
        <Notice
          kind="error"
          title="Hilum does not answer"
          action={{ label: 'Try again', onClick: () => void resumeSession() }}
        >
          {OFFLINE}
        </Notice>
      </main>
    );
  }
  if (state.kind === 'leaving') return <main class="is-waiting" aria-busy="true" aria-label="Signing out" />;
  if (state.kind === 'signed-out') {
    const waiting = sharedNews.value === 'kept' ? shared.signIn : undefined;
    return <SignIn reason={state.reason ?? waiting} at={at} />;
  }
  return <Home key={state.viewer.user.id} viewer={state.viewer} />;
}

function Home({ viewer }: { readonly viewer: SignedInViewer }) {
  const address = useStore(route);
  // An invitation is for whoever is not signed in.
  const at = address.screen === 'sign-up' ? WORKLIST : address;
  const isWide = useIsWide();
  const isOnline = useStore(isLive);
  const caseId = at.screen === 'case' ? at.caseId : undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: one subscription a sign-in; a renewed token brings a new viewer object
  useEffect(() => {
    const controller = new AbortController();
    followNews(viewer.eventCursor, controller.signal);
    followUnread(controller.signal);
    // Where it cannot be told now, the next sign-in tells it.
    renewPush().catch(() => undefined);
    return () => controller.abort();
  }, []);

  // The case's code comes while the worklist is looked at.
  useEffect(() => {
    const timer = setTimeout(() => caseScreen().catch(() => undefined), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);

  // No case's name: titles are shown by task switchers and kept in the browser's history.
  useEffect(() => {
    document.title = `${TITLES[at.screen]} · Hilum`;
  }, [at.screen]);

  return (
    <div class={`home is-${at.screen} ${isWide ? 'is-wide' : 'is-narrow'}`}>
      <Bar viewer={viewer} at={at.screen} />
      <LeavingDialog />
      <UpdateBar />
      {!isOnline && (
        <p class="offline-bar" role="status">
          Live updates are interrupted; connecting again…
        </p>
      )}
      <Worklist
        openCaseId={caseId}
        isShown={isWide || at.screen === 'worklist'}
        isMain={!isWide && at.screen === 'worklist'}
        mayUpload={viewer.user.role !== 'ADMINISTRATOR'}
      />
      {at.screen === 'upload' && <Upload />}
      {at.screen === 'inbox' && <Lazy load={inbox} props={{}} label="Inbox" />}
      {at.screen === 'settings' && <Lazy load={settings} props={{ viewer }} label="Settings" />}
      {at.screen === 'help' && <Lazy load={help} props={{}} label="Help" />}
      {at.screen === 'case' && <Lazy key={at.caseId} load={caseScreen} props={{ at }} label="The case" />}
      {at.screen === 'worklist' && isWide && (
        <main class="empty nothing-open">
          <h1 class="visually-hidden">Worklist</h1>
          <p>Choose a case on the left.</p>
        </main>
      )}
      {at.screen !== 'case' && <Disclaimer />}
    </div>
  );
}

function Bar({ viewer, at }: { readonly viewer: SignedInViewer; readonly at: Route['screen'] }) {
  const leave = () => void signOut();
  return (
    <header class="bar">
      <a class="brand" href={addressTo({ screen: 'worklist' })}>
        <img src="/icon.svg" alt="" width={28} height={28} /> Hilum
      </a>
      <Navigation at={at} mayUpload={viewer.user.role !== 'ADMINISTRATOR'} />
      <span class="who" title={viewer.organization.name}>
        {viewer.user.displayName}
      </span>
      <button type="button" class="icon-button" aria-label={`Sign out ${viewer.user.displayName}`} onClick={leave}>
        <Icon name="leave" />
      </button>
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
