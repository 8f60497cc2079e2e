import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  // Packages are tested from their sources; only the command line tests use the built files.
  resolve: { alias: [{ find: /^@eager\/([a-z]+)$/, replacement: `${root}packages/$1/src/index.ts` }] },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Most tests wait for a kernel most of the time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
