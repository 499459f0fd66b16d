/** What the page knows: the ask, its plan, the baseline, pins; and when to ask the server again. */
import { ApiError, get, post, type About, type Ask, type Changes, type Choice, type Figure, type PlanView, type Value } from './api';
import { fieldsOf, type Field } from './schema';
import { fromHash, hashOf } from './share';

const QUIET_MS = 350;
const HEAVY = /^heat_map/;
const PINS = 'wattscale-pins';
const MOST_PINS = 4;

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
  private again = false;
  private turn = 0;

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
    this.full?.abort();
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
      return;
    }
    this.previewing = true;
    do {
      this.again = false;
      const turn = ++this.turn;
      const start = performance.now();
      try {
        const charts = this.wanted().filter((name) => !HEAVY.test(name));
        const view = await post<PlanView>('preview', { ...this.ask, charts, ...this.sizes() });
        if (turn === this.turn) this.show(view, start);
      } catch (error) {
        if (turn === this.turn) this.fail(error);
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
      const view = await post<PlanView>('plan', body, control.signal);
      if (control.signal.aborted) return;
      this.turn++;
      this.again = false;
      this.charts = {};
      this.show(view, start);
    } catch (error) {
      if ((error as Error).name !== 'AbortError') this.fail(error);
    } finally {
      if (this.full === control) this.working = false;
    }
  }

  private show(view: PlanView, start: number): void {
    this.error = null;
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
