/**
 * `pnpm deploy-nginx`: starts nginx with the configuration and the script of this folder, and three servers behind it on loopback.
 * Clients transfer data both ways through nginx, and each changes its port in the middle. Prints how many kept their connection,
 * their server and their bytes, and how many servers were met; `--json` as JSON. Ends with 1 unless all did. `--install` installs nginx
 * as packages of Debian where it is missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSelfSigned } from 'tsquic/certificates';
import { connect, type QuicConnection } from 'tsquic';
import { installDebianPackages } from '../../interop/install.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = ['nginx-core', 'libnginx-mod-stream', 'libnginx-mod-stream-js'];
const MODULES = '/usr/lib/nginx/modules';
const SERVER_IDS = ['01', '02', '03'];
const HOST = '127.0.0.1';
const HALF_BYTES = 40_000;
const MAX_MOVES = 3;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '300' },
    together: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
  },
});
const clients = Number(values.clients);
const together = Number(values.together);

const isThere = (): boolean => existsSync(join(MODULES, 'ngx_stream_js_module.so'));
if (!isThere() && values.install)
  await installDebianPackages(PACKAGES).catch((error: Error) => console.error(error.message));
if (!isThere()) {
  console.error(`nginx with njs is missing: apt-get install ${PACKAGES.join(' ')}`);
  process.exit(2);
}

/** What became of one client. */
interface Outcome {
  readonly server: string;
  readonly failure: string;
}

const folder = mkdtempSync(join(tmpdir(), 'tsquic-nginx-'));
const programs: ChildProcess[] = [];
let movesAgain = 0;
let stopNginx = async (): Promise<void> => {};
try {
  const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: [HOST] });
  const lbKey = randomBytes(16).toString('hex');
  const servers = await Promise.all(
    SERVER_IDS.map((id) => startServer(id, [certificatePem, privateKeyPem, lbKey])),
  );
  const port = await freePort();
  await startNginx(port, servers, `1 1 7 ${lbKey}`);
  const outcomes: Outcome[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun++ < clients) outcomes.push(await beClient(port, certificatePem));
  };
  await Promise.all(Array.from({ length: together }, work));
  report(outcomes);
} finally {
  // nginx ends its own processes when it is asked to.
  await stopNginx();
  for (const program of programs) program.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function report(outcomes: readonly Outcome[]): void {
  const kept = outcomes.filter(({ failure }) => failure === '').length;
  const met = SERVER_IDS.map((id) => outcomes.filter(({ server }) => server === id).length);
  const failures = [...new Set(outcomes.map(({ failure }) => failure))].filter((failure) => failure !== '');
  const result = {
    clients,
    kept,
    movesAgain,
    servers: Object.fromEntries(SERVER_IDS.map((id, at) => [id, met[at]])),
    failures,
  };
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${kept} of ${clients} clients kept connection, server and bytes, ${movesAgain} moved once more; by server: ${met.join(', ')}${failures.map((text) => `\n${text}`).join('')}`,
  );
  if (kept !== clients || met.includes(0)) process.exitCode = 1;
}

/** A client that sends half, changes its port, and sends the rest: its server, and what went wrong. */
async function beClient(port: number, ca: string): Promise<Outcome> {
  let connection: QuicConnection | undefined;
  let server = '';
  try {
    connection = await connect({ host: HOST, port, ca, ALPNProtocols: ['balanced'] });
    const { readable, writable } = await connection.openStream();
    const sent = randomBytes(2 * HALF_BYTES);
    const writer = writable.getWriter();
    const reader = readable.getReader();
    await writer.write(sent.subarray(0, HALF_BYTES));
    const parts: Uint8Array[] = [];
    for (let bytes = 0; bytes < HALF_BYTES / 2;) {
      const { value } = await reader.read();
      if (value === undefined) throw new Error('the answer ended early');
      parts.push(value);
      bytes += value.length;
    }
    await changePort(connection);
    const rest = writer.write(sent.subarray(HALF_BYTES)).then(() => writer.close());
    for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
    await rest;
    const got = Buffer.concat(parts);
    server = got.subarray(0, 1).toString('hex');
    const isWhole = checksum(got.subarray(1)) === checksum(sent);
    // A second stream tells whether it is the same server still.
    const again = await connection.openStream();
    await again.writable.getWriter().close();
    const later = Buffer.from(await new Response(again.readable).arrayBuffer()).toString('hex');
    if (!isWhole) return { server, failure: 'other bytes' };
    return { server, failure: later === server ? '' : 'another server' };
  } catch (error) {
    return { server, failure: String(error) };
  } finally {
    await connection?.close();
  }
}

/** On a busy machine, the answer to a move may come too late, and the client stays where it was: it tries again. */
async function changePort(connection: QuicConnection): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await connection.rebind({ atOnce: true });
    } catch (error) {
      if (tries === MAX_MOVES) throw error;
      movesAgain++;
    }
  }
}

function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Start a server; returns its port. */
async function startServer(id: string, words: readonly string[]): Promise<number> {
  const loader = fileURLToPath(new URL('../../tools/ts.mjs', import.meta.url));
  const program = spawn(
    process.execPath,
    ['-C', 'tsquic-src', '--no-warnings', '--import', loader, join(FOLDER, 'server.ts'), id, ...words],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  programs.push(program);
  const [line] = (await once(program.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

async function startNginx(port: number, servers: readonly number[], configs: string): Promise<void> {
  const filled: Record<string, string> = {
    modules: MODULES,
    scripts: FOLDER,
    processes: '2',
    configs,
    listen: `${HOST}:${port}`,
    ...Object.fromEntries(SERVER_IDS.map((id, at) => [`server ${id}`, `${HOST}:${servers[at]}`])),
  };
  const template = readFileSync(join(FOLDER, 'nginx.conf'), 'utf8');
  const text = template.replace(/<<(.+?)>>/g, (whole, name: string) => filled[name] ?? whole);
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;\nerror_log stderr error;\n${text}`);
  const words = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const tried = spawnSync('nginx', ['-t', ...words], { encoding: 'utf8' });
  if (tried.status !== 0) throw new Error(`nginx refuses its configuration:\n${tried.stderr}`);
  const nginx = spawn('nginx', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  stopNginx = async () => {
    const ended = once(nginx, 'close');
    if (nginx.kill('SIGTERM')) await ended;
  };
  // The port is taken when nginx has bound it, which is when its file of the process is written.
  for (let tries = 0; tries < 600 && !existsSync(join(folder, 'nginx.pid')); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await once(socket.bind(0, HOST), 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
