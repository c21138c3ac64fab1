/**
 * The only place where a text becomes the address of a script: Trusted Types, with the policy that the server's
 * Content-Security-Policy names. It lets our own origin's built files through, and nothing else.
 */
interface Policy {
  createScriptURL(address: string): unknown;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): Policy;
}

const OURS = /^\/(sw\.js|assets\/[\w.-]+\.js)$/;

const rules = {
  createScriptURL(address: string): string {
    const url = new URL(address, location.origin);
    if (url.origin !== location.origin || !(OURS.test(url.pathname) || import.meta.env.DEV))
      throw new TypeError('This is no script of the app.');
    return url.href;
  },
};

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy: Policy = factory ? factory.createPolicy('hilum', rules) : rules;

/** What workers and service workers are made of; browsers without Trusted Types get the text that they expect. */
export function scriptUrl(address: string): string {
  return policy.createScriptURL(address) as string;
}
