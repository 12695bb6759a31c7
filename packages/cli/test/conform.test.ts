import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Server, startServer, tsquic } from './spoken.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-conform-'));
const keys = join(base, 'keys');
const cert = join(keys, 'cert.pem');
let server: Server;
let authority: string;

interface Report {
  readonly counts: { readonly pass: number; readonly fail: number; readonly cannotTell: number };
  readonly rows: readonly { readonly name: string; readonly verdict: string; readonly came: string }[];
}

beforeAll(async () => {
  await tsquic('cert', '--out', keys, '--host', 'localhost', '--host', '127.0.0.1');
  server = await startServer('--root', base, '--cert', cert, '--key', join(keys, 'key.pem'));
  authority = new URL(server.url).host;
});

afterAll(async () => {
  await server.stop();
  rmSync(base, { recursive: true });
});

describe('conform', () => {
  test('finds nothing wrong with the server of this command, and tells programs so', async () => {
    const junit = join(base, 'junit.xml');
    // One section: the others are tried in virtual time.
    const options = ['--only', 'RFC 9000 §19', '--ca', cert, '--json', '--junit', junit, '--timeout', '20'];
    const { exitCode, stdout } = await tsquic('conform', authority, ...options);
    const { rows, counts } = JSON.parse(stdout.at(-1) ?? '') as Report;
    expect(rows.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(counts).toEqual({ pass: rows.length, fail: 0, cannotTell: 0 });
    expect(rows.length).toBeGreaterThan(20);
    expect(exitCode).toBe(0);
    expect(readFileSync(junit, 'utf8')).toContain(`tests="${rows.length}" failures="0"`);
  });

  test('tells one who reads what each row found, and how many', async () => {
    const { exitCode, stdout } = await tsquic('conform', authority, '--only', 'unknown-frame', '--ca', cert);
    expect(stdout[0]).toBe('✓ unknown-frame  RFC 9000 §12.4  CONNECTION_CLOSE FRAME_ENCODING_ERROR in 1rtt');
    expect(stdout.at(-1)).toMatch(/^2 rows: 2 pass, 0 fail, 0 cannot tell \(\d+\.\d s\)$/);
    expect(exitCode).toBe(0);
  });

  test('ends before the first row where there is no handshake', async () => {
    const { exitCode, stderr } = await tsquic('conform', authority, '--ca', cert, '--alpn', 'none');
    expect(exitCode).toBe(1);
    expect(stderr.at(-1)).toMatch(/^tsquic: ERR_TSQUIC_CONFORM: no handshake with .*CRYPTO_ERROR 0x178/);
  });

  test('lists the rows without anybody to test', async () => {
    const { exitCode, stdout } = await tsquic('conform', '--client', '--list', '--only', 'retry-twice');
    expect(stdout).toEqual([
      'retry-twice  RFC 9000 §17.2.5.2 MUST  a Retry, and a second one → the second discarded',
    ]);
    expect(exitCode).toBe(0);
  });

  test('tests a client that it runs for each row', async () => {
    const program = join(base, 'client.sh');
    const main = new URL('../src/main.ts', import.meta.url).pathname;
    const loader = new URL('../../../tools/ts.mjs', import.meta.url).pathname;
    writeFileSync(
      program,
      `exec "${process.execPath}" -C tsquic-src --import "${loader}" "${main}" get "https://localhost:$PORT/x" --insecure --alpn hq-interop --timeout 60\n`,
    );
    const options = [
      '--only',
      'unknown-frame-large',
      '--port',
      '0',
      '--timeout',
      // A client that starts takes as long as the machine is busy.
      '200',
      '--alpn',
      'hq-interop',
    ];
    const { exitCode, stdout } = await tsquic('conform', '--client', '--exec', `sh ${program}`, ...options);
    expect(stdout[0]).toBe(
      '✓ unknown-frame-large  RFC 9000 §12.4  CONNECTION_CLOSE FRAME_ENCODING_ERROR in 1rtt',
    );
    expect(exitCode).toBe(0);
  });
});
