/** The outline of the land, as an SVG path in plate carrée; from world-atlas (Natural Earth, public domain). */

const WIDTH = 1000;
const TOP = 84;
const SCALE = WIDTH / 360;

export function placed(longitude: number, latitude: number): [number, number] {
  return [(longitude + 180) * SCALE, (TOP - latitude) * SCALE];
}

export async function landPath(): Promise<string> {
  const atlas: any = (await import('world-atlas/land-110m.json')).default;
  const { scale, translate } = atlas.transform;
  const arcs: [number, number][][] = atlas.arcs.map((arc: [number, number][]) => {
    let x = 0;
    let y = 0;
    return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
  });
  const points = (i: number) => (i < 0 ? [...arcs[~i]].reverse() : arcs[i]);
  const rings: string[] = [];
  for (const shape of atlas.objects.land.geometries)
    for (const polygon of shape.type === 'Polygon' ? [shape.arcs] : shape.arcs)
      for (const ring of polygon) {
        const line = (ring as number[]).flatMap(points);
        if (line.every(([, lat]) => lat < -60)) continue;
        rings.push(outline(line));
      }
  return rings.join('');
}

/** Where a line jumps from one edge of the map to the other, a new piece begins. */
function outline(line: [number, number][]): string {
  const mark = ([lon, lat]: [number, number], n: number) => {
    const jump = n > 0 && Math.abs(lon - line[n - 1][0]) > 180;
    return `${n === 0 ? 'M' : jump ? 'ZM' : 'L'}${placed(lon, lat).map((v) => v.toFixed(1)).join(' ')}`;
  };
  return line.map(mark).join('') + 'Z';
}
