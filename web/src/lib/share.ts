/** The link: only what was changed, with the version of the schema it was made with. */
import type { Ask } from './api';

export interface Shared extends Ask {
  tab: string;
  schema: string;
}

export function hashOf(ask: Ask, tab: string, schema: string): string {
  const parts = new URLSearchParams();
  if (ask.preset !== 'first-campus') parts.set('p', ask.preset);
  if (Object.keys(ask.changes).length) {
    parts.set('v', schema);
    parts.set('c', packed(ask.changes));
  }
  if (tab !== 'plan') parts.set('t', tab);
  const text = parts.toString();
  return text ? `#${text}` : '';
}

export function fromHash(hash: string): Shared | null {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  if (![...parts.keys()].length) return null;
  const changes = parts.get('c');
  return {
    preset: parts.get('p') ?? 'first-campus',
    changes: changes ? unpacked(changes) : {},
    tab: parts.get('t') ?? 'plan',
    schema: parts.get('v') ?? '',
  };
}

function packed(data: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(data));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function unpacked(text: string): any {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
}
