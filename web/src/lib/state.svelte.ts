/** What the page knows: the ask, its plan, the baseline, pins; and when to ask the server again. */
import { ApiError, CHANGED, get, post, type About, type Ask, type Changes, type Choice, type Figure, type Job, type PlanView, type Value } from './api';
import { fieldsOf, type Field } from './schema';
import { fromHash, hashOf } from './share';

const QUIET_MS = 350;
const PATIENCE_MS = 500;
const HEAVY = /^heat_map/;
const PINS = 'wattscale-pins';
const MOST_PINS = 4;

/** A way out of an ask that cannot be met. */
export interface Repair {
  label: string;
  changes: Changes;
}

/** A preview that was given up, or had no room: the full plan follows and says what is to be said. */
function isPassing(error: unknown): boolean {
  return (error as Error).name === 'AbortError' || (error instanceof ApiError && ['busy', 'slow', 'memory'].includes(error.kind));
}

function without(changes: Changes, keys: string[]): Changes {
  return Object.fromEntries(Object.entries(changes).filter(([key]) => !keys.includes(key)));
}

export interface Pin extends Ask {
  id: number;
  name: string;
}

class State {
  about = $state.raw<About | null>(null);
  fields = $state.raw<Field[]>([]);
  presets = $state.raw<Record<string, Record<string, Value>>>({});
  choices = $state.raw<Record<string, Choice[]>>({});
  preset = $state('first-campus');
  changes = $state.raw<Changes>({});
  tab = $state('plan');
  view = $state.raw<PlanView | null>(null);
  figures = $state.raw<Record<string, Figure>>({});
  charts = $state.raw<PlanView['charts']>({});
  baseline = $state.raw<Record<string, Figure>>({});
  baselineName = $state('');
  working = $state(false);
  isPreview = $state(false);
  error = $state.raw<ApiError | null>(null);
  repairs = $state.raw<Repair[]>([]);
  seeking = $state(false);
  job = $state.raw<Job | null>(null);
  notice = $state('');
  pins = $state.raw<Pin[]>([]);
  explained = $state<string[]>([]);
  focusKey = $state('');
  dark = $state(false);
  width = $state(960);
  lastMs = $state(0);

  private quiet: ReturnType<typeof setTimeout> | undefined;
  private full: AbortController | null = null;
  private previewing = false;
  private quick: AbortController | null = null;
  private quickSince = 0;
  private again = false;
  private turn = 0;
  private failed = new Set<string>();

  get ask(): Ask {
    return { preset: this.preset, changes: this.changes };
  }

  fieldOf(key: string): Field | undefined {
    return this.fields.find((field) => field.key === key);
  }

  /** What the preset says of a key; what the schema says where it does not. */
  presetValue(key: string): Value {
    const known = this.presets[this.preset] ?? {};
    return key in known ? known[key] : (this.fieldOf(key)?.fallback ?? null);
  }

  value(key: string): Value {
    return key in this.changes ? this.changes[key] : this.presetValue(key);
  }

  async open(): Promise<void> {
    const shared = this.readHash();
    const [about, schema, presets, choices] = await Promise.all([
      get<About>('about'),
      get<any>('schema'),
      get<Record<string, Record<string, Value>>>('presets'),
      get<Record<string, Choice[]>>('choices'),
    ]);
    this.about = about;
    this.fields = fieldsOf(schema);
    this.presets = presets;
    this.choices = choices;
    this.pins = this.oldPins();
    if (shared?.schema && shared.schema !== about.schema)
      this.notice = 'This link was made with another version of Wattscale; keys may have changed since.';
    if (!(this.preset in presets)) {
      this.notice = `There is no preset "${this.preset}" here; the built-in example is shown.`;
      this.preset = 'first-campus';
    }
    await Promise.all([this.loadBaseline(), this.plan()]);
  }

  readHash() {
    try {
      const shared = fromHash(location.hash);
      if (shared) {
        this.preset = shared.preset;
        this.changes = shared.changes;
        this.tab = shared.tab;
      }
      return shared;
    } catch {
      this.notice = 'The link is damaged; the built-in example is shown.';
      return null;
    }
  }

  writeHash(): void {
    const hash = hashOf(this.ask, this.tab, this.about?.schema ?? '');
    history.replaceState(null, '', hash || location.pathname + location.search);
  }

  set(key: string, value: Value): void {
    const { [key]: _, ...rest } = this.changes;
    const same = JSON.stringify(value) === JSON.stringify(this.presetValue(key));
    this.replace(same ? rest : { ...rest, [key]: value });
  }

  reset(key: string): void {
    const { [key]: _, ...rest } = this.changes;
    this.replace(rest);
  }

  replace(changes: Changes): void {
    this.changes = changes;
    this.changed();
  }

  async open_ask(ask: Ask): Promise<void> {
    const other = ask.preset !== this.preset;
    this.preset = ask.preset;
    this.changes = ask.changes;
    if (other) await this.loadBaseline();
    this.changed();
  }

  private changed(): void {
    this.writeHash();
    this.working = true;
    void this.preview();
    clearTimeout(this.quiet);
    this.full?.abort(CHANGED);
    this.quiet = setTimeout(() => void this.plan(), QUIET_MS);
  }

  go(tab: string): void {
    this.tab = tab;
    this.writeHash();
    if (this.missing().length) void this.plan();
  }

  /** Charts of the tab, in the report's order. */
  wanted(tab = this.tab): string[] {
    return (this.about?.charts ?? []).filter((chart) => chart.stage === tab).map((chart) => chart.name);
  }

  private missing(): string[] {
    return this.wanted().filter((name) => !(name in this.charts));
  }

  /** Widths of full and of other charts [px]. */
  sizes() {
    const full = Math.round(Math.max(250, Math.min(1400, this.width - 34)));
    const half = matchMedia('(min-width: 1270px)').matches ? Math.floor((this.width - 14) / 2 - 34) : full;
    return { width: full, half_width: half };
  }

  private async preview(): Promise<void> {
    if (this.previewing) {
      this.again = true;
      // One that is nearly there is worth waiting for; one that takes long is of no use any more.
      if (performance.now() - this.quickSince > PATIENCE_MS) this.quick?.abort();
      return;
    }
    this.previewing = true;
    do {
      this.again = false;
      const turn = ++this.turn;
      const start = (this.quickSince = performance.now());
      const control = (this.quick = new AbortController());
      try {
        const charts = this.wanted().filter((name) => !HEAVY.test(name));
        const view = await post<PlanView>('preview', { ...this.ask, charts, ...this.sizes() }, control.signal);
        if (turn === this.turn) this.show(view, start);
      } catch (error) {
        if (turn === this.turn && !isPassing(error)) this.fail(error);
      }
    } while (this.again);
    this.previewing = false;
  }

  async plan(): Promise<void> {
    this.full?.abort();
    const control = (this.full = new AbortController());
    this.working = true;
    const start = performance.now();
    try {
      const body = { ...this.ask, charts: this.wanted(), ...this.sizes() };
      const view = await post<PlanView>('plan', body, control.signal, (job) => (this.job = job));
      if (control.signal.aborted) return;
      this.turn++;
      this.again = false;
      this.charts = {};
      this.show(view, start);
    } catch (error) {
      if ((error as Error).name !== 'AbortError') this.fail(error);
    } finally {
      if (this.full === control) {
        this.working = false;
        this.job = null;
      }
    }
  }

  private show(view: PlanView, start: number): void {
    this.error = null;
    this.repairs = [];
    this.isPreview = view.preview;
    this.charts = { ...this.charts, ...view.charts };
    this.figures = view.preview ? this.merged(view.figures) : view.figures;
    if (!view.preview) this.view = view;
    this.lastMs = performance.now() - start;
  }

  /** A preview has no badges, and leaves out slow figures; both stay as they were. */
  private merged(fresh: Record<string, Figure>): Record<string, Figure> {
    const all = { ...this.figures };
    for (const [name, figure] of Object.entries(fresh)) all[name] = { ...all[name], ...figure };
    return all;
  }

  private fail(error: unknown): void {
    this.error = error instanceof ApiError ? error : new ApiError(String(error), 'failed', null, 0);
    this.working = false;
    void this.seekRepairs(this.error);
  }

  /** Offers a way out only when it has been tried and works. */
  private async seekRepairs(error: ApiError): Promise<void> {
    this.repairs = [];
    this.seeking = false;
    if (!['input', 'infeasible'].includes(error.kind)) return;
    const here = JSON.stringify(this.ask);
    this.failed.add(here);
    this.seeking = true;
    for (const repair of this.ways(error)) {
      const ask = { preset: this.preset, changes: repair.changes };
      if (this.failed.has(JSON.stringify(ask))) continue;
      try {
        await post('preview', ask);
      } catch {
        continue;
      }
      if (this.error !== error) return;
      this.repairs = [...this.repairs, repair];
    }
    if (this.error === error) this.seeking = false;
  }

  /** Ways out that may help: without the change that is named, without the last one, with power of one's own. */
  private ways(error: ApiError): Repair[] {
    const keys = Object.keys(this.changes);
    const where = error.where ?? '';
    const named = keys.filter((key) => where && (key === where || key.startsWith(`${where}.`) || where.startsWith(`${key}.`)));
    const ways: Repair[] = [];
    if (named.length) ways.push({ label: 'Undo this change', changes: without(this.changes, named) });
    const last = keys.at(-1);
    if (last && !named.includes(last)) {
      const title = this.fieldOf(last)?.title ?? last;
      ways.push({ label: `Undo the last change (${title})`, changes: without(this.changes, [last]) });
    }
    if (error.kind === 'infeasible' && JSON.stringify(this.value('supply.technologies')) === '["grid"]') {
      const technologies = ['grid', 'solar', 'wind', 'battery'];
      ways.push({ label: 'Allow solar, wind and batteries', changes: { ...this.changes, 'supply.technologies': technologies } });
    }
    return ways;
  }

  async loadBaseline(): Promise<void> {
    try {
      const view = await post<PlanView>('plan', { preset: this.preset, changes: {} });
      this.baseline = view.figures;
      this.baselineName = view.name;
    } catch (error) {
      this.fail(error);
    }
  }

  baselineHere(): void {
    this.baseline = this.figures;
    this.baselineName = 'the plan marked as baseline';
  }

  pin(name: string): void {
    if (this.pins.length < MOST_PINS) this.keepPins([...this.pins, { ...this.ask, id: Date.now(), name }]);
  }

  unpin(id: number): void {
    this.keepPins(this.pins.filter((pin) => pin.id !== id));
  }

  rename(id: number, name: string): void {
    this.keepPins(this.pins.map((pin) => (pin.id === id ? { ...pin, name: name || pin.name } : pin)));
  }

  /** Pins outlive a reload of the page; a browser that keeps nothing has them until then. */
  private keepPins(pins: Pin[]): void {
    this.pins = pins;
    try {
      localStorage.setItem(PINS, JSON.stringify(pins));
    } catch {
      this.notice = 'This browser keeps nothing: pins are gone when the page is closed.';
    }
  }

  /** Pins of an earlier visit, those of presets that are gone left out. */
  private oldPins(): Pin[] {
    try {
      const kept = JSON.parse(localStorage.getItem(PINS) ?? '[]') as Pin[];
      return kept.filter((pin) => pin.preset in this.presets && typeof pin.name === 'string').slice(0, MOST_PINS);
    } catch {
      return [];
    }
  }

  explain(name: string): void {
    this.explained = [...this.explained.filter((each) => each !== name), name];
  }

  edit(key: string): void {
    this.focusKey = '';
    setTimeout(() => (this.focusKey = key));
  }
}

export const app = new State();
