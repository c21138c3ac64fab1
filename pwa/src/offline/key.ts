/** A key that names one wish of the user, so that sending it twice has one effect. 128 random bits, hexadecimal. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
