// How the page is built, tried and tested.
//
// The bundle goes to dist/app, where build.rs finds it. Nothing is inlined into the HTML: the server's
// content policy allows scripts and styles from itself only, and the preview here says the same policy.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressed } from './scripts/compressed.ts';

/** The server that the development server hands its requests on to. */
const SERVER = process.env.TELLTALE_URL ?? 'http://127.0.0.1:4780';

/** The same as PAGE_POLICY in src/http/pages.rs. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const toServer = {
  target: SERVER,
  changeOrigin: true,
  ws: true,
  // The server answers unsafe methods and upgrades of its own origin only.
  headers: { origin: SERVER },
};

const proxy = Object.fromEntries(
  ['/api', '/healthz', '/readyz', '/openapi.json', '/docs', '/schemas'].map((path) => [path, toServer]),
);

export default defineConfig({
  base: '/ui/',
  plugins: [react(), compressed()],
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { port: 5173, proxy },
  preview: { port: 4173, proxy, headers: { 'content-security-policy': POLICY } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/lib/test-setup.ts'],
    restoreMocks: true,
    // Typing into a whole page takes seconds on a machine that is busy with something else.
    testTimeout: 20_000,
  },
});
