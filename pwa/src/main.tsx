import { render } from 'preact';
import { App } from './app';
import { signOutWhenIdle } from './graphql/idle';
import { resumeSession } from './graphql/session';
import { keepWithSession } from './offline/keeping';
import { useServiceWorker } from './offline/service-worker';
import { watchShared } from './offline/shared-offer';
import { followAppearance } from './ui/appearance';
import './ui/tokens.css';
import './ui/elements.css';
import './ui/controls.css';
import './ui/shell.css';

followAppearance();
const root = document.getElementById('app');
if (root) render(<App />, root);
keepWithSession();
watchShared();
void resumeSession();
signOutWhenIdle();

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void useServiceWorker().catch(() => undefined));
}
