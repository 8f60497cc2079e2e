// Writes the Python that we ship as strings into modules, so that it needs no files, and also reaches browsers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// The modules of the driver, in the order in which they import each other.
embed(
  'python/eager_driver',
  ['effect_guard', 'cell', 'asking', 'early_errors', 'journal', 'output_budget', 'driver', 'install'],
  'src/driver-source.ts',
  'driverModules',
);
embed('python/eager_launch', ['sandboxed', 'fork_server'], 'src/embedded/launch-sources.ts', 'launchSources');

/**
 * @param {string} folder
 * @param {readonly string[]} names
 * @param {string} target
 * @param {string} variable
 */
function embed(folder, names, target, variable) {
  const modules = names.map((name) => [
    name,
    readFileSync(new URL(`${folder}/${name}.py`, import.meta.url), 'utf8'),
  ]);
  const type = `Readonly<Record<${names.map((name) => `'${name}'`).join(' | ')}, string>>`;
  const text = `// Made from ${folder}/ by embed-driver.js.
export const ${variable}: ${type} = ${JSON.stringify(Object.fromEntries(modules), null, 2)};
`;
  const file = new URL(target, import.meta.url);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
