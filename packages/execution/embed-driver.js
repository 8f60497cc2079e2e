// Writes src/driver-source.ts: the modules of the Python driver as strings, so that they also reach browsers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// In the order in which they import each other.
const modules = ['effect_guard', 'cell', 'driver'].map((name) => [
  name,
  readFileSync(new URL(`python/eager_driver/${name}.py`, import.meta.url), 'utf8'),
]);
const text = `// Made from python/eager_driver/ by embed-driver.js.
export const driverModules: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(modules), null, 2)};
`;
const target = new URL('src/driver-source.ts', import.meta.url);
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
