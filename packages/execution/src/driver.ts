import { driverSource } from './driver-source.js';

/** Named after its content, so that clients of several versions can share a kernel. */
const moduleName = `eager_driver_${hash(driverSource)}`;

/**
 * Code that installs the driver as a module, once per kernel. To be executed silently: it defines nothing in the
 * user's namespace and leaves the execution count alone.
 */
export const installDriver = `
def _eager_install():
    import sys, types
    if ${JSON.stringify(moduleName)} not in sys.modules:
        module = types.ModuleType(${JSON.stringify(moduleName)})
        exec(compile(${JSON.stringify(driverSource)}, "eager_driver.py", "exec"), module.__dict__)
        sys.modules[module.__name__] = module
_eager_install()
del _eager_install
`;

/** Code of the cell in which the driver runs one program. `nonce` marks the messages of this program. */
export function openCell(nonce: string, acceptsInput: boolean): string {
  return `await __import__("${moduleName}").run("${nonce}", ${acceptsInput ? 'True' : 'False'})`;
}

/** 32-bit FNV-1a: enough to tell versions of one source apart. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}
