import { render } from 'preact';
import { App } from './app';
import { signOutWhenIdle } from './graphql/idle';
import { resumeSession } from './graphql/session';
import { keepWithSession } from './offline/keeping';
import { followAppearance } from './ui/appearance';
import { scriptUrl } from './ui/trusted-scripts';
import './ui/tokens.css';
import './ui/elements.css';
import './ui/controls.css';
import './ui/shell.css';

followAppearance();
const root = document.getElementById('app');
if (root) render(<App />, root);
keepWithSession();
void resumeSession();
signOutWhenIdle();

// The offline shell is of the built app only; while developing it would serve yesterday's code.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register(scriptUrl('/sw.js')).catch(() => undefined));
}
