import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Writes the hash of the source beside the page, so that a test without Node can tell a stale build. */
function stamp() {
  return {
    name: 'stamp',
    generateBundle(this: any) {
      const inside = ['src', 'public'].flatMap((folder) =>
        (readdirSync(folder, { recursive: true, withFileTypes: true }) as any[])
          .filter((each) => each.isFile())
          .map((each) => `${each.parentPath ?? each.path}/${each.name}`),
      );
      const names = [...inside, 'index.html', 'package-lock.json', 'svelte.config.js', 'vite.config.ts'].sort();
      const hash = createHash('sha256');
      for (const name of names) hash.update(name).update('\0').update(readFileSync(name)).update('\0');
      this.emitFile({ type: 'asset', fileName: 'source.sha256', source: `${hash.digest('hex')}\n` });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), stamp()],
  build: {
    outDir: '../src/wattscale/web/dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
});
