import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebTransport } from '@tsquic/webtransport';
import { bytes, send, textOf } from './endpoints.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
let server: ChildProcess;
let page = '';

beforeAll(async () => {
  const args = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs'];
  server = spawn(process.execPath, [...args, 'examples/webtransport-chat/server.ts', '0'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  page = await new Promise<string>((resolve) => {
    server.stdout!.on('data', (data: Buffer) => resolve(/http:\S+/.exec(data.toString())?.[0] ?? ''));
  });
});

afterAll(() => {
  server.kill('SIGTERM');
});

/** Enter as the page does. */
async function enter(name: string): Promise<{ session: WebTransport; next: () => Promise<string> }> {
  const told = (await (await fetch(`${page}session.json`)).json()) as {
    url: string;
    hashes: { value: string }[];
  };
  const session = new WebTransport(`${told.url}?name=${name}`, {
    serverCertificateHashes: told.hashes.map(({ value }) => ({
      algorithm: 'sha-256',
      value: Uint8Array.from(Buffer.from(value, 'base64')),
    })),
  });
  await session.ready;
  const streams = session.incomingUnidirectionalStreams.getReader();
  return { session, next: async () => textOf((await streams.read()).value!) };
}

test('the chat for web pages: what one says, others hear', async () => {
  expect(await (await fetch(page)).text()).toContain('serverCertificateHashes');
  const anna = await enter('anna');
  expect(await anna.next()).toBe('anna is here');
  const bob = await enter('bob');
  expect([await anna.next(), await bob.next()]).toEqual(['bob is here', 'bob is here']);
  await send(await anna.session.createUnidirectionalStream(), 'hello');
  expect(await bob.next()).toBe('anna: hello');
  const typing = bob.session.datagrams.createWritable().getWriter();
  const heard = anna.session.datagrams.readable.getReader().read();
  // A datagram may be lost: it is sent until it is heard.
  const again = setInterval(() => void typing.write(bytes('bob')), 20);
  expect((await heard).value).toEqual(bytes('bob'));
  clearInterval(again);
  bob.session.close();
  expect(await anna.next()).toBe('bob has left');
  anna.session.close();
  await anna.session.closed;
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
});
