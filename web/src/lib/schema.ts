/** Fields of the form, read from the JSON Schema of the scenario. */
import type { Value } from './api';
import { full } from './format';

export type Kind = 'number' | 'integer' | 'text' | 'choice' | 'flag' | 'list' | 'table';
export interface Field {
  key: string;
  stage: string;
  group: string;
  title: string;
  unit: string;
  source: string;
  confidence: string;
  kind: Kind;
  words: string[];
  optional: boolean;
  min?: number;
  max?: number;
  above?: number;
  below?: number;
  fallback: Value;
}

const HIDDEN = new Set(['preset', 'catalog']);

export function fieldsOf(schema: any): Field[] {
  const found: Field[] = [];
  walk(schema, schema, '', found);
  return found;
}

function resolved(root: any, node: any): any {
  return node.$ref ? root.$defs[node.$ref.split('/').pop()] : node;
}

function walk(root: any, node: any, prefix: string, found: Field[]): void {
  for (const [name, raw] of Object.entries<any>(node.properties ?? {})) {
    const key = prefix + name;
    const below = raw.$ref ? resolved(root, raw) : null;
    if (below?.properties) {
      walk(root, below, `${key}.`, found);
    } else if (!HIDDEN.has(key) && !raw.file) {
      found.push(field(root, key, raw));
    }
  }
}

function field(root: any, key: string, raw: any): Field {
  const options: any[] = (raw.anyOf ?? [raw]).map((each: any) => resolved(root, each));
  const main = options.find((each) => each.type !== 'null' && each.title !== 'Range') ?? {};
  const words: string[] = (main.enum ?? (main.const !== undefined ? [main.const] : [])).map(String);
  const types: Record<string, Kind> = {
    number: 'number',
    integer: 'integer',
    boolean: 'flag',
    array: 'list',
    object: 'table',
  };
  const parts = key.split('.');
  return {
    key,
    stage: parts[0],
    group: parts.slice(0, -1).join('.') || 'plan',
    title: raw.title ?? parts[parts.length - 1],
    unit: raw.unit && raw.unit !== '1' ? raw.unit : '',
    source: raw.source ?? '',
    confidence: raw.confidence ?? '',
    kind: words.length ? 'choice' : (types[main.type] ?? 'text'),
    words,
    optional: options.some((each) => each.type === 'null'),
    min: main.minimum,
    max: main.maximum,
    above: main.exclusiveMinimum,
    below: main.exclusiveMaximum,
    fallback: raw.default ?? null,
  };
}

/** Says what a number must be that is not allowed, in the unit in which it is shown; nothing where it is allowed. */
export function outOfRange(field: Field, value: number, percent = false): string {
  const { min, max, above, below } = field;
  const isIn =
    value >= (min ?? -Infinity) && value <= (max ?? Infinity) && value > (above ?? -Infinity) && value < (below ?? Infinity);
  return isIn ? '' : `must be ${range(field, percent)}`;
}

/** The allowed range of a number, in the unit in which it is shown. */
export function range(field: Field, percent = false): string {
  const { min, max, above, below } = field;
  const shown = (value: number) => `${full(percent ? value * 100 : value)}${percent ? ' %' : field.unit ? ` ${field.unit}` : ''}`;
  const low = min !== undefined ? `at least ${shown(min)}` : above !== undefined ? `above ${shown(above)}` : '';
  const high = max !== undefined ? `at most ${shown(max)}` : below !== undefined ? `below ${shown(below)}` : '';
  return [low, high].filter(Boolean).join(' and ');
}

export interface Front {
  key: string;
  label: string;
  min: number;
  max: number;
  log?: boolean;
  step?: number;
  percent?: boolean;
}

/** The sliders in front; each is also among all fields. */
export const FRONT: Front[] = [
  { key: 'workload.serving.requests_per_day', label: 'Requests per day', min: 1e5, max: 1e9, log: true },
  { key: 'workload.serving.output_tokens', label: 'Output tokens per request', min: 20, max: 10000, log: true },
  { key: 'workload.training.devices', label: 'Training accelerators', min: 256, max: 262144, log: true },
  { key: 'supply.connection_mw', label: 'Grid connection', min: 5, max: 2000, log: true },
  { key: 'supply.cfe_hourly_share', label: 'Carbon-free share, hour by hour', min: 0, max: 1, step: 0.01, percent: true },
  { key: 'supply.carbon_price_usd_per_t', label: 'Carbon price', min: 0, max: 300, step: 5 },
  { key: 'economics.discount_rate', label: 'Discount rate', min: 0, max: 0.2, step: 0.005, percent: true },
];

/** The choices in front. */
export const FRONT_CHOICES: { key: string; label: string }[] = [
  { key: 'workload.model', label: 'Model' },
  { key: 'compute.accelerator', label: 'Accelerator' },
  { key: 'site.name', label: 'Site' },
  { key: 'facility.cooling', label: 'Cooling' },
];
