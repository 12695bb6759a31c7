import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { certificate } from './endpoints.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tsquic-examples-'));
const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];

const prepared = (async () => {
  const pair = await certificate();
  writeFileSync(cert, pair.certificatePem);
  writeFileSync(key, pair.privateKeyPem);
})();
afterAll(() => rmSync(folder, { recursive: true }));

// Most of this is programs that start: two at a time.
test.concurrent('file-transfer sends files', async () => {
  await prepared;
  const received = join(folder, 'received');
  mkdirSync(received);
  const files = [join(folder, 'small'), join(folder, 'large')];
  files.forEach((file, index) => writeFileSync(file, randomBytes(index * 1_000_000 + 10)));
  const server = new Program('examples/file-transfer.ts', 'receive', cert, key, received);
  const port = /\d+/.exec(await server.says('listening on port'))![0];
  const client = new Program('examples/file-transfer.ts', 'send', cert, port, ...files);
  expect(await client.ended()).toBe(0);
  await server.says('large: 1000010 bytes');
  await server.says('small: 10 bytes');
  for (const file of files) expect(hash(join(received, file.slice(folder.length)))).toBe(hash(file));
  server.child.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
});

test.concurrent('two-networks moves a transfer to a second network', async () => {
  const program = new Program('examples/two-networks.ts');
  await program.says('client: path 1 is available');
  await program.says('client: path 0 is abandoned');
  await program.says('client: 20000000 bytes came back, the last of them by path 1');
  expect(await program.ended()).toBe(0);
});

test.concurrent('file-drop takes uploads and gives files back', async () => {
  await prepared;
  const dropped = join(folder, 'dropped');
  mkdirSync(dropped);
  const files = [join(folder, 'little'), join(folder, 'much')];
  files.forEach((file, index) => writeFileSync(file, randomBytes(index * 3_000_000 + 10)));
  const server = new Program('examples/file-drop.ts', 'serve', cert, key, dropped);
  const port = /\d+/.exec(await server.says('listening on port'))![0];
  const client = new Program('examples/file-drop.ts', 'send', cert, port, ...files);
  expect(await client.ended()).toBe(0);
  expect(await client.says('much: 201')).toContain(hash(files[1]!));
  await client.says('much: 3000010 bytes came back');
  await client.says('there are little much');
  for (const file of files) expect(hash(join(dropped, file.slice(folder.length)))).toBe(hash(file));
  server.child.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
});

test.concurrent('chat lets two talk', async () => {
  await prepared;
  const server = new Program('examples/chat.ts', 'serve', cert, key, '0');
  const port = /\d+/.exec(await server.says('listening on port'))![0];
  const ann = new Program('examples/chat.ts', 'join', cert, port, 'ann');
  await ann.says('1 here');
  const ben = new Program('examples/chat.ts', 'join', cert, port, 'ben');
  await ann.says('ben: hello');
  ann.child.stdin!.write('hi ben\n');
  await ben.says('ann: hi ben');
  for (const { child } of [ann, ben]) child.stdin!.end();
  expect([await ann.ended(), await ben.ended()]).toEqual([0, 0]);
  server.child.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
});

test.concurrent('datagrams come back', async () => {
  await prepared;
  const server = new Program('examples/datagrams.ts', 'serve', cert, key);
  const port = /\d+/.exec(await server.says('listening on port'))![0];
  const client = new Program('examples/datagrams.ts', 'ping', cert, port, '3');
  await client.says(' is back');
  await client.says('acknowledged');
  expect(await client.ended()).toBe(0);
  server.child.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
});

test.each<[string, ...string[]]>([
  ['early-data', 'look: done', 'buy: too early', 'buy: done', 'early data: accepted'],
  ['versions', 'version 1 and version 2 speaks version 2', 'version 1 speaks version 1'],
  ['priorities', 'priorities: 10 12 8', 'arrived: a b c'],
  ['rebind', 'is active', '5000000 bytes came back'],
  ['hono', '/ 200 Hello over HTTP/3', '/count 200 1 2 3', '/nowhere 404', '/upper 200 LOUDER'],
  ['admission', 'server 0.42', "the token 'retry'", 'CONNECTION_REFUSED'],
])('%s, a server and its clients in one process', async (name, ...lines) => {
  const program = new Program(`examples/${name}.ts`);
  const code = await program.ended();
  for (const line of lines) expect(await program.says(line)).toContain(line);
  expect(code).toBe(0);
});

class Program {
  readonly child: ChildProcess;
  private output = '';
  private readonly end: Promise<number | null>;

  constructor(...words: readonly string[]) {
    const args = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs', ...words];
    this.child = spawn(process.execPath, args, { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout!.on('data', (data: Buffer) => (this.output += data.toString()));
    this.end = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** The rest of the output from `text` on, once it is there. */
  async says(text: string): Promise<string> {
    while (!this.output.includes(text) && this.child.exitCode === null)
      await Promise.race([once(this.child.stdout!, 'data'), this.end]);
    if (!this.output.includes(text)) throw new Error(`it does not say ${text}, but ${this.output}`);
    return this.output.slice(this.output.indexOf(text));
  }

  ended(): Promise<number | null> {
    return this.end;
  }
}

function hash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
