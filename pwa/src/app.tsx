import { useEffect, useState } from 'preact/hooks';
import { Account } from './features/account/account';
import { Case } from './features/case/case';
import { LeavingDialog } from './features/offline/leaving-dialog';
import { SignIn } from './features/sign-in/sign-in';
import { Upload } from './features/upload/upload';
import { Worklist } from './features/worklist/worklist';
import { OFFLINE } from './graphql/failure';
import { isLive } from './graphql/live';
import { followNews } from './graphql/news';
import { resumeSession, type SignedInViewer, session, signOut } from './graphql/session';
import { useStore } from './graphql/store';
import { busyCount } from './offline/transfers';
import { Disclaimer } from './ui/disclaimer';
import { Icon } from './ui/icon';
import { Notice } from './ui/notice';
import { addressTo, type Route, route } from './ui/route';

/** From this width on, worklist, images and panel stand side by side. */
const WIDE = matchMedia('(min-width: 1100px)');

const TITLES = {
  worklist: 'Worklist',
  upload: 'Upload',
  case: 'Case',
  account: 'Your account',
  'sign-up': 'Worklist',
} as const;

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
  if (state.kind === 'signed-out') return <SignIn reason={state.reason} at={at} />;
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
    return () => controller.abort();
  }, []);

  // No case's name: titles are shown by task switchers and kept in the browser's history.
  useEffect(() => {
    document.title = `${TITLES[at.screen]} · Hilum`;
  }, [at.screen]);

  return (
    <div class={`home is-${at.screen} ${isWide ? 'is-wide' : 'is-narrow'}`}>
      <Bar viewer={viewer} />
      <LeavingDialog />
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
      {at.screen === 'account' && <Account />}
      {at.screen === 'case' && <Case key={at.caseId} caseId={at.caseId} findingId={at.findingId} />}
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

function Bar({ viewer }: { readonly viewer: SignedInViewer }) {
  const running = useStore(busyCount);
  const leave = () => void signOut();
  return (
    <header class="bar">
      <a class="brand" href={addressTo({ screen: 'worklist' })}>
        <img src="/icon.svg" alt="" width={28} height={28} /> Hilum
      </a>
      <span class="spring" />
      {viewer.user.role !== 'ADMINISTRATOR' && (
        <a class="button is-quiet" href={addressTo({ screen: 'upload' })}>
          <Icon name="upload" /> Upload{running > 0 && ` (${running})`}
        </a>
      )}
      <a
        class="button is-quiet who"
        href={addressTo({ screen: 'account' })}
        title={viewer.organization.name}
        aria-label={`Your account, ${viewer.user.displayName}`}
      >
        <Icon name="person" /> <span>{viewer.user.displayName}</span>
      </a>
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
