import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Server, startServer, tsquic } from './spoken.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-sessions-'));
const root = join(base, 'root');
const cert = join(base, 'keys', 'cert.pem');
const servable = ['--root', root, '--cert', cert, '--key', join(base, 'keys', 'key.pem')];

beforeAll(async () => {
  mkdirSync(root);
  writeFileSync(join(root, 'small'), 'small');
  await tsquic('cert', '--out', join(base, 'keys'), '--host', '127.0.0.1');
});

afterAll(() => rmSync(base, { recursive: true }));

/** A way to the server that takes some milliseconds, so that answers to 0-RTT requests arrive before its ticket. */
async function slowWayTo(server: Server): Promise<Server> {
  const port = Number(new URL(server.url).port);
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  let client = 0;
  let isOpen = true;
  const later = (socket: Socket, bytes: Buffer, to: () => number): void =>
    void setTimeout(() => {
      // Datagrams that come as the way is closed may still wait here.
      if (isOpen) socket.send(bytes, to(), '127.0.0.1', () => {});
    }, 15);
  front.on('message', (bytes, from) => {
    client = from.port;
    later(back, bytes, () => port);
  });
  back.on('message', (bytes) => later(front, bytes, () => client));
  for (const socket of [front, back]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  return {
    url: `https://127.0.0.1:${front.address().port}`,
    stop: async () => {
      await server.stop();
      isOpen = false;
      for (const socket of [front, back]) socket.close();
    },
  };
}

/** Fetch the file and read the summary. */
async function get(
  server: Pick<Server, 'url'>,
  ...more: readonly string[]
): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await tsquic('get', `${server.url}/small`, '--ca', cert, '--json', ...more);
  return { ...(JSON.parse(stdout.at(-1) ?? '') as Record<string, unknown>), stderr };
}

describe('get --session', () => {
  const file = join(base, 'sessions');

  /** The tickets that the file has. */
  function tickets(): string[] {
    const { servers } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly servers: Readonly<Record<string, { readonly session?: string }>>;
    };
    return Object.values(servers).flatMap(({ session }) => session ?? []);
  }

  test('keeps a new session in each run, and sends requests in 0-RTT packets from the second on', async () => {
    const server = await slowWayTo(await startServer(...servable, '--early-data'));
    const first = await get(server, '--session', file);
    expect(first).toMatchObject({ bytes: 5, errors: [], stderr: [] });
    expect(first).not.toHaveProperty('earlyData');
    // Who reads it can pass for this client.
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const seen = [...tickets()];
    expect(seen).toHaveLength(1);
    for (let run = 2; run <= 4; run++) {
      expect(await get(server, '--session', file)).toMatchObject({
        bytes: 5,
        errors: [],
        earlyData: 'accepted',
      });
      expect(tickets()).toHaveLength(1);
      // Each is used once. RFC 8446 §C.4
      expect(seen).not.toContain(tickets()[0]);
      seen.push(...tickets());
    }
    await server.stop();
  });

  test('asks again after the handshake where a server takes no 0-RTT any more', async () => {
    const early = await startServer(...servable, '--early-data');
    await get(early, '--session', file);
    await early.stop();
    const { port } = new URL(early.url);
    const server = await startServer(...servable, '--port', port);
    const summary = await get(server, '--session', file);
    expect(summary).toMatchObject({ bytes: 5, errors: [], earlyData: 'rejected' });
    await server.stop();
  });

  test('refuses a file that is none of its own', async () => {
    const { exitCode, stderr } = await tsquic('get', 'https://127.0.0.1/', '--session', cert);
    expect(exitCode).toBe(1);
    expect(stderr).toEqual([`tsquic: ERR_TSQUIC_SESSION: ${cert} holds no sessions of tsquic`]);
  });
});

describe('--quic-versions', () => {
  test.each([
    ['a server that prefers 2 is followed', ['1,2'], ['2,1'], 2],
    ['a server that is told nothing leaves the choice to its client', ['2,1'], [], 2],
    ['a client that is told nothing begins with 1', [], [], 1],
    ['a server of 2 alone is asked again', [], ['2'], 2],
    ['both speak 2 alone', ['2'], ['2'], 2],
  ])('%s', async (_name, asked, spoken, quicVersion) => {
    const flag = (list: readonly string[]): string[] => list.flatMap((one) => ['--quic-versions', one]);
    const server = await startServer(...servable, ...flag(spoken));
    expect(await get(server, ...flag(asked))).toMatchObject({ quicVersion, bytes: 5, errors: [] });
    await server.stop();
  });

  test('none in common is an error that names what the server speaks', async () => {
    const server = await startServer(...servable, '--quic-versions', '2');
    const { errors } = await get(server, '--quic-versions', '1');
    expect(errors).toMatchObject([
      { code: 'ERR_QUIC_VERSION_NEGOTIATION', message: expect.stringContaining('0x6b3343cf') },
    ]);
    await server.stop();
  });

  test('other words are refused', async () => {
    const { exitCode, stderr } = await tsquic('get', 'https://127.0.0.1/', '--quic-versions', '3');
    expect(exitCode).toBe(1);
    expect(stderr[0]).toContain('--quic-versions 3: use 1 and 2, each once, as in 2,1');
  });
});
