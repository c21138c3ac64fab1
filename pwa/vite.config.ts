import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Files that are kept from the first visit on; the codec comes when the first case is opened. */
const KEPT = /\.(js|css)$/;
const ALWAYS = ['/', '/icon.svg', '/manifest.webmanifest'];

const COPY = '?service-worker';

/** Writes the list of the app's files into the service worker, which the page and the worker build know nothing of. */
function shellList(): Plugin {
  return {
    name: 'hilum-shell-list',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const names = Object.keys(bundle).filter((name) => KEPT.test(name) && name !== 'sw.js');
        const shell = [...ALWAYS, ...names.map((name) => `/${name}`)].sort();
        const index = bundle['index.html'];
        const worker = bundle['sw.js'];
        if (worker?.type !== 'chunk') this.error('The service worker was not built.');
        if (worker.imports.length > 0) this.error('A classic service worker imports nothing: the browser refuses it.');
        const version = createHash('sha256').update(
          JSON.stringify([shell, index?.type === 'asset' ? index.source : '']),
        );
        worker.code = worker.code
          .replaceAll('__SHELL_VERSION__', JSON.stringify(version.digest('hex').slice(0, 12)))
          .replaceAll('__SHELL__', JSON.stringify(shell));
      },
    },
  };
}

/**
 * Gives the service worker copies of the modules that the page has too: shared with it they would become a chunk that
 * both import, and a classic worker imports nothing.
 */
function ownModules(): Plugin {
  const worker = resolve(import.meta.dirname, 'src/sw.ts');
  return {
    name: 'hilum-own-modules',
    apply: 'build',
    enforce: 'pre', // Vite resolves relative addresses before it asks other plugins
    async resolveId(source, importer, options) {
      if (importer !== worker && !importer?.endsWith(COPY)) return null;
      const found = await this.resolve(source, importer.replace(COPY, ''), { ...options, skipSelf: true });
      return found && !found.id.endsWith(COPY) ? { ...found, id: found.id + COPY } : found;
    },
  };
}

/** Text and WebAssembly: pictures are compressed already. */
const COMPRESSED = /\.(js|css|html|svg|wasm|webmanifest)$/;

/** Lays beside each file what the server sends of it to browsers that take it compressed. */
function compressedFiles(): Plugin {
  const folder = resolve(import.meta.dirname, 'dist');
  return {
    name: 'hilum-compressed-files',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!COMPRESSED.test(name)) continue;
        const content = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

const server = process.env.HILUM_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/',
  plugins: [ownModules(), shellList(), compressedFiles()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': { target: server, ws: true, headers: { origin: server } } } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: resolve(import.meta.dirname, 'index.html'), sw: resolve(import.meta.dirname, 'src/sw.ts') },
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
});
