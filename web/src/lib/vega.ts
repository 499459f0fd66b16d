/** Draws charts with Vega; loaded when the first chart is shown. No code is made from text, so the page may forbid it. */
import embed from 'vega-embed';
import { expressionInterpreter } from 'vega-interpreter';
import type { Spec } from './api';

type Colours = Record<string, string>;

export async function drawn(box: HTMLElement, spec: Spec, theme: { light: Colours; dark: Colours }, dark: boolean): Promise<any> {
  const shown = dark ? inDark(spec, theme) : spec;
  const result = await embed(box, shown as any, {
    actions: false,
    renderer: heavy(spec) ? 'canvas' : 'svg',
    ast: true,
    expr: expressionInterpreter,
    tooltip: { theme: dark ? 'dark' : 'light' },
  } as any);
  return result.view;
}

/** Thousands of marks are quicker as pixels; the others stay sharp at any zoom. */
function heavy(spec: Spec): boolean {
  const rows: number[] = Object.values<unknown[]>(spec.datasets ?? {}).map((each) => each.length);
  return Math.max(0, ...rows) > 1500;
}

/** The same chart in the colours of dark mode; the colours of the data stay. */
function inDark(spec: Spec, theme: { light: Colours; dark: Colours }): Spec {
  const swap = new Map(Object.entries(theme.light).map(([name, colour]) => [colour, theme.dark[name]]));
  const turned = (node: any): any => {
    if (Array.isArray(node)) return node.map(turned);
    if (node && typeof node === 'object')
      return Object.fromEntries(
        Object.entries(node).map(([key, value]) => [key, key === 'datasets' ? value : turned(value)]),
      );
    return typeof node === 'string' ? (swap.get(node) ?? node) : node;
  };
  return turned(spec);
}
