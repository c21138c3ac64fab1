import { settings } from '../../messages/settings';

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/CrOS/, 'Chromebook'],
  [/Linux/, 'Linux'],
];
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/Firefox\/|FxiOS/, 'Firefox'],
  [/Chrome\/|CriOS/, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const COMMAND_LINE = /^python-httpx|^hilum/;

/** A user agent (RFC 9110 §10.1.5) in words that its owner recognises: "Chrome on Android". */
export function deviceOf(userAgent: string | null | undefined): string {
  const { sessions: words } = settings;
  const said = userAgent ?? '';
  const browser = PROGRAMS.find(([pattern]) => pattern.test(said))?.[1];
  const program = browser ?? (COMMAND_LINE.test(said) ? words.commandLine : undefined);
  const system = SYSTEMS.find(([pattern]) => pattern.test(said))?.[1];
  if (program && system) return words.device(program, system);
  return program ?? system ?? words.unknownDevice;
}
