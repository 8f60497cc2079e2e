// Writes src/driver-source.ts: the Python driver as a string, so that it also reaches browsers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync(new URL('python/eager_driver.py', import.meta.url), 'utf8');
const target = new URL('src/driver-source.ts', import.meta.url);
const text = `// Made from python/eager_driver.py by embed-driver.js.\nexport const driverSource = ${JSON.stringify(source)};\n`;
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
