/** Numbers and names for people. */
import type { Value } from './api';

export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const words: [number, string][] = [
    [1e12, ' trillion'],
    [1e9, ' billion'],
    [1e6, ' million'],
  ];
  for (const [factor, word] of words) if (size >= factor) return `${three(value / factor)}${word}`;
  return three(value);
}

function three(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 }).replace('-', '−');
}

const FACTORS: Record<string, number> = {
  k: 1e3, thousand: 1e3, M: 1e6, mn: 1e6, million: 1e6, bn: 1e9, billion: 1e9, tn: 1e12, trillion: 1e12,
};

/** Reads a number as people write it and as this page prints it: "25 million", "1,200", "−3", "40 MW"; null where it is none. */
export function numberOf(text: string, unit = ''): number | null {
  let rest = text.trim().replaceAll('−', '-').replace(/[\u00a0\u202f]/g, ' ');
  if (unit && rest.toLowerCase().endsWith(unit.toLowerCase())) rest = rest.slice(0, -unit.length).trim();
  const parts = /^([+-]?[\d., ]*\d\.?(?:e[+-]?\d+)?)\s*([a-zA-Z]*)$/i.exec(rest);
  if (!parts) return null;
  const word = parts[2] === 'M' ? 'M' : parts[2].toLowerCase();
  const factor = word === '' ? 1 : FACTORS[word];
  const digitsOnly = withoutGroups(parts[1]);
  if (factor === undefined || digitsOnly === null) return null;
  const value = Number(digitsOnly) * factor;
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : null;
}

/** Takes out commas and spaces between groups of three digits; one anywhere else may be a decimal comma, so it is none. */
function withoutGroups(text: string): string | null {
  if (!/[, ]/.test(text)) return text;
  return /^[+-]?\d{1,3}([, ]\d{3})+(\.\d+)?$/.test(text) ? text.replace(/[, ]/g, '') : null;
}

/** Writes a number in full, for a field that can be changed. */
export function full(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 12 });
}

export function plain(value: Value | Value[] | Record<string, Value>): string {
  if (value === null || value === undefined) return 'not set';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return Math.abs(value) >= 1e6
      ? digits(value)
      : value.toLocaleString('en', { maximumSignificantDigits: 6 }).replace('-', '−');
  if (Array.isArray(value))
    return value.map((each) => (isTable(each) ? `(${plain(each)})` : plain(each as Value))).join(', ') || 'none';
  if (isTable(value)) {
    if ('mode' in value) return `${plain(value.low)} to ${plain(value.high)}, mode ${plain(value.mode)}`;
    return (
      Object.entries(value)
        .map(([name, each]) => `${words(name)} ${isTable(each) ? `(${plain(each)})` : plain(each)}`)
        .join(', ') || 'none'
    );
  }
  return value;
}

function isTable(value: unknown): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Writes a change: of a share, shown in per cent itself, in points; of a temperature in degrees; of all others in per cent. */
export function change(now: number, before: number, shown = ''): string {
  if (before === now) return '';
  if (shown.endsWith('%')) return points(now - before);
  if (shown.endsWith('°C')) return `${now > before ? '+' : '−'}${three(Math.abs(now - before))} °C`;
  if (before === 0) return 'new';
  const share = (now - before) / Math.abs(before);
  if (Math.abs(share) < 0.0005) return '';
  if (share >= 9.995) return `×${three(now / before)}`;
  const percent = Math.abs(share) * 100;
  const text = percent >= 10 ? percent.toFixed(0) : percent.toFixed(1);
  return `${share > 0 ? '+' : '−'}${text} %`;
}

function points(share: number): string {
  const size = Math.abs(share) * 100;
  if (size < 0.05) return '';
  return `${share > 0 ? '+' : '−'}${size.toFixed(1)} points`;
}

export function seconds(value: number): string {
  if (value < 1) return 'under a second';
  if (value < 90) return `about ${Math.round(value)} s`;
  return `about ${Math.round(value / 60)} min`;
}

export function words(name: string): string {
  const text = name.replaceAll('_', ' ').replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const MARKS: Record<string, string> = {
  measured: '●',
  published: '◕',
  secondary: '◑',
  estimated: '◔',
  unverified: '○',
  scenario: '◇',
};

export const BADGE_WORDS: Record<string, string> = {
  measured: 'Rests on measured figures only',
  published: 'The least certain figure behind it is published',
  secondary: 'The least certain figure behind it is quoted second hand',
  estimated: 'The least certain figure behind it is an estimate',
  unverified: 'The least certain figure behind it is unverified',
  scenario: 'Follows from the scenario alone',
};
