import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate authority that nobody trusts, and a certificate of it for 127.0.0.1. */
export interface Certificates extends Disposable {
  /** The authority's own, in PEM. */
  readonly ca: string;
  /** The paths of the server's certificate and key. */
  readonly files: { readonly cert: string; readonly key: string };
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'eager-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=A test CA',
  );
  openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=127.0.0.1');
  writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\n');
  const signing = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'extensions',
    '-days',
    '2',
  ];
  openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', ...signing);
  return {
    ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    files: { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
