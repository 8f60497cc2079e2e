// Entry of the npm scripts. Nothing is installed when it first runs, so the workspace package uses only what Node
// brings. The version is checked before anything is loaded that an older Node could not parse.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 12)) {
  import('./commands.js').then(({ main }) => main(process.argv.slice(2)));
} else {
  console.error(
    `Node 20.12 or newer is needed, and this is ${process.version} (${process.execPath}). Install a newer one, ` +
      'for example with "nvm install 22" or by your package manager, and run the command again.',
  );
  process.exitCode = 1;
}
