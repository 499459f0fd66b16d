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

export function plain(value: Value): string {
  if (value === null || value === undefined) return 'not set';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return Math.abs(value) >= 1e6
      ? digits(value)
      : value.toLocaleString('en', { maximumSignificantDigits: 6 }).replace('-', '−');
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object') {
    const range = value as Record<string, number>;
    return 'mode' in range
      ? `${plain(range.low)} to ${plain(range.high)}, mode ${plain(range.mode)}`
      : Object.entries(range)
          .map(([name, each]) => `${name} ${plain(each)}`)
          .join(', ');
  }
  return value;
}

export function change(now: number, before: number): string {
  if (before === now) return '';
  if (before === 0) return 'new';
  const share = (now - before) / Math.abs(before);
  if (Math.abs(share) < 0.0005) return '';
  if (share >= 9.995) return `×${three(now / before)}`;
  const percent = Math.abs(share) * 100;
  const text = percent >= 10 ? percent.toFixed(0) : percent.toFixed(1);
  return `${share > 0 ? '+' : '−'}${text} %`;
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
