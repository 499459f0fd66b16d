import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  // A table that scrolls sideways must be reachable by keyboard.
  onwarn: (warning, handler) => warning.code !== 'a11y_no_noninteractive_tabindex' && handler(warning),
};
