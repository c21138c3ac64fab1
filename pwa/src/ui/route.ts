import { Store } from '../graphql/store';

/** Where the app is. It lives behind the # of the address, so that no id of a case reaches a server's log by the address. */
export type Route =
  | { readonly screen: 'worklist' }
  | { readonly screen: 'upload' }
  | { readonly screen: 'inbox' }
  | { readonly screen: 'settings' }
  | { readonly screen: 'help' }
  | { readonly screen: 'administration' }
  /** For whoever is not signed in yet. organizationId: where an organization lets patients sign up. */
  | { readonly screen: 'sign-up'; readonly invitation?: string; readonly organizationId?: string }
  | {
      readonly screen: 'case';
      readonly caseId: string;
      readonly findingId?: string;
      readonly commentId?: string;
      readonly tab?: CaseTab;
    };

/** A part of a case that an address can name, besides its findings. */
export type CaseTab = 'comments' | 'reading';

export function readRoute(hash: string): Route {
  const [first, caseId, third, fourth] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  if (first === 'upload') return { screen: 'upload' };
  if (first === 'inbox') return { screen: 'inbox' };
  if (first === 'settings') return { screen: 'settings' };
  if (first === 'help') return { screen: 'help' };
  if (first === 'administration') return { screen: 'administration' };
  if (first === 'invitations' && caseId) return { screen: 'sign-up', invitation: caseId };
  if (first === 'sign-up' && caseId) return { screen: 'sign-up', organizationId: caseId };
  if (first === 'cases' && caseId) {
    const at = { screen: 'case', caseId } as const;
    if (third === 'findings' && fourth) return { ...at, findingId: fourth };
    if (third === 'comments')
      return fourth ? { ...at, tab: 'comments', commentId: fourth } : { ...at, tab: 'comments' };
    return third === 'reading' ? { ...at, tab: 'reading' } : at;
  }
  return { screen: 'worklist' };
}

export function addressTo(route: Route): string {
  if (route.screen === 'upload') return '#/upload';
  if (route.screen === 'inbox') return '#/inbox';
  if (route.screen === 'settings') return '#/settings';
  if (route.screen === 'help') return '#/help';
  if (route.screen === 'administration') return '#/administration';
  if (route.screen === 'sign-up') {
    const { invitation, organizationId = '' } = route;
    return invitation
      ? `#/invitations/${encodeURIComponent(invitation)}`
      : `#/sign-up/${encodeURIComponent(organizationId)}`;
  }
  if (route.screen === 'worklist') return '#/';
  const address = `#/cases/${encodeURIComponent(route.caseId)}`;
  if (route.findingId) return `${address}/findings/${encodeURIComponent(route.findingId)}`;
  if (route.commentId) return `${address}/comments/${encodeURIComponent(route.commentId)}`;
  return route.tab ? `${address}/${route.tab}` : address;
}

export const route = new Store<Route>(readRoute(location.hash));
addEventListener('hashchange', () => route.set(readRoute(location.hash)));

export function goTo(next: Route): void {
  location.hash = addressTo(next);
}

/** Another finding of the same case is no new step for the back button. */
export function replaceRoute(next: Route): void {
  history.replaceState(null, '', addressTo(next));
  route.set(next);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
