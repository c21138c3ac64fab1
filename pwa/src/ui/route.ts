import { Store } from '../graphql/store';

/** Where the app is. It lives behind the # of the address, so that no id of a case reaches a server's log by the address. */
export type Route =
  | { readonly screen: 'worklist' }
  | { readonly screen: 'upload' }
  | { readonly screen: 'settings' }
  | { readonly screen: 'help' }
  /** For whoever is not signed in yet. organizationId: where an organization lets patients sign up. */
  | { readonly screen: 'sign-up'; readonly invitation?: string; readonly organizationId?: string }
  | { readonly screen: 'case'; readonly caseId: string; readonly findingId?: string };

export function readRoute(hash: string): Route {
  const [first, caseId, third, findingId] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  if (first === 'upload') return { screen: 'upload' };
  if (first === 'settings') return { screen: 'settings' };
  if (first === 'help') return { screen: 'help' };
  if (first === 'invitations' && caseId) return { screen: 'sign-up', invitation: caseId };
  if (first === 'sign-up' && caseId) return { screen: 'sign-up', organizationId: caseId };
  if (first === 'cases' && caseId) {
    return third === 'findings' && findingId ? { screen: 'case', caseId, findingId } : { screen: 'case', caseId };
  }
  return { screen: 'worklist' };
}

export function addressTo(route: Route): string {
  if (route.screen === 'upload') return '#/upload';
  if (route.screen === 'settings') return '#/settings';
  if (route.screen === 'help') return '#/help';
  if (route.screen === 'sign-up') {
    const { invitation, organizationId = '' } = route;
    return invitation
      ? `#/invitations/${encodeURIComponent(invitation)}`
      : `#/sign-up/${encodeURIComponent(organizationId)}`;
  }
  if (route.screen === 'worklist') return '#/';
  const address = `#/cases/${encodeURIComponent(route.caseId)}`;
  return route.findingId ? `${address}/findings/${encodeURIComponent(route.findingId)}` : address;
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
