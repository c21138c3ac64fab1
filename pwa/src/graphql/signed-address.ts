/** Milliseconds before its end at which an address is taken for too old to begin with. */
const MARGIN = 30_000;
/** Milliseconds for which a new address is believed, whatever the two clocks say: a wrong one must not ask for ever. */
const LEAST_LIFE = 60_000;

/** Whether a fresh address had better be asked for. `toldAt`: when this one came, by this device's clock. */
export function isOld({ expiresAt }: { readonly expiresAt: string }, toldAt: number, now = Date.now()): boolean {
  const age = now - toldAt;
  if (age >= 0 && age < LEAST_LIFE) return false;
  return Date.parse(expiresAt) - now < MARGIN;
}
