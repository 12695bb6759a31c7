import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DatagramPort } from '@tsquic/event-adapters';
import { canOpenFfiPort, openFfiPort } from '@tsquic/event-adapters/ffi';

/** What sockets of node:ffi and bun:ffi promise besides what every port does: marks, addresses, and that nothing ends the process. */
export const ffiPromises: readonly { readonly name: string; check(): Promise<void> }[] = [
  { name: 'it works here, and nothing is printed', check: () => expectEnd('unref', 0) },
  { name: 'datagrams that come as the program ends do no harm', check: () => expectEnd('unref-late', 0) },
  {
    name: 'an alarm that lets the program end does so, however late the program is',
    check: () => expectEnd('alarm', 0),
  },
  { name: 'a program may end while sockets close', check: () => expectEnd('closing', 0) },
  { name: 'marks of ECN leave and arrive, in trains too', check: marks },
  { name: 'a socket of all addresses tells them, and sends from them', check: addresses },
  { name: 'a train of any length arrives whole and in order', check: trains },
  { name: 'a connected socket hears again and again that nobody listens', check: unreachable },
  { name: 'every datagram is heard of while sockets come, go, and let the program end', check: changes },
  { name: 'process.exit in a handler ends the process as it says', check: () => expectEnd('exit', 3) },
  {
    name: 'what a handler throws is an uncaught exception, and the socket goes on',
    check: () => expectEnd('throw', 0),
  },
  { name: 'jobs of promises run that a handler has made', check: () => expectEnd('promise', 0) },
  { name: 'workers have other sockets, and may end at any time', check: () => expectEnd('worker', 0) },
  { name: 'the collector takes no memory that the system uses', check: () => expectEnd('collector', 0) },
  { name: 'a socket that others close does no harm', check: () => expectEnd('closed', 0) },
  { name: 'sockets that are left open do no harm', check: () => expectEnd('left', 0) },
  ...('Bun' in globalThis
    ? []
    : [
        {
          name: 'without permission there are none',
          check: () => expectEnd('permission', 0, '--permission', '--allow-fs-read=*'),
        },
      ]),
];

async function marks(): Promise<void> {
  if (!canOpenFfiPort()) throw new Error('no sockets through system calls');
  for (const [bound, sentTo] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '::ffff:127.0.0.1'],
  ] as const) {
    const [sender, receiver] = [await openFfiPort({ ip: bound }), await openFfiPort({ ip: bound })];
    const to = { ip: sentTo, port: receiver.local.port };
    const heard: number[] = [];
    const all = new Promise<void>((resolve) => {
      receiver.onDatagram = (_bytes, _from, ecn) => void (heard.push(ecn) === 12 && resolve());
    });
    for (const ecn of [0, 1, 2, 3]) {
      sender.send(new Uint8Array(1200), 0, 1200, to, ecn);
      sender.sendTrain?.(new Uint8Array(2400), 0, 2400, 1200, to, ecn);
    }
    await all;
    sender.close();
    receiver.close();
    if (heard.join('') !== '000111222333') throw new Error(`${bound}: marks arrive as ${heard.join(', ')}`);
  }
}

async function addresses(): Promise<void> {
  const [server, client] = [await openFfiPort({ ip: '0.0.0.0' }), await openFfiPort({ ip: '127.0.0.1' })];
  server.onDatagram = (bytes, from, _ecn, to) => server.send(bytes, 0, bytes.length, from, 0, to);
  for (const ip of ['127.0.0.9', '127.0.0.1', '127.0.0.9']) {
    const answer = new Promise<string>((resolve) => (client.onDatagram = (_bytes, from) => resolve(from.ip)));
    client.send(new Uint8Array(9), 0, 9, { ip, port: server.local.port }, 0);
    const from = await answer;
    if (from !== ip) throw new Error(`${ip} answers from ${from}`);
  }
  server.close();
  client.close();
}

async function trains(): Promise<void> {
  const [sender, receiver] = [await openFfiPort({ ip: '127.0.0.1' }), await openFfiPort({ ip: '127.0.0.1' })];
  for (const [segmentBytes, length] of [
    [1200, 1201],
    [1472, 65_507],
    [1000, 64_000],
    [500, 32_700],
    [100, 6500],
  ] as const) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 8));
    const parts: Uint8Array[] = [];
    const count = Math.ceil(length / segmentBytes);
    const all = new Promise<void>((resolve) => {
      receiver.onDatagram = (part) => void (parts.push(part.slice()) === count && resolve());
    });
    sender.sendTrain?.(bytes, 0, length, segmentBytes, receiver.local, 0);
    await all;
    const isRight = parts.every(
      (part, i) => Buffer.compare(part, bytes.subarray(i * segmentBytes, (i + 1) * segmentBytes)) === 0,
    );
    if (!isRight) throw new Error(`a train of ${length} bytes by ${segmentBytes} came otherwise`);
  }
  sender.close();
  receiver.close();
}

async function unreachable(): Promise<void> {
  const gone = await openFfiPort({ ip: '127.0.0.1' });
  gone.close();
  const client: DatagramPort = await openFfiPort({ connect: gone.local });
  for (let round = 0; round < 3; round++) {
    const told = new Promise((resolve) => (client.onUnreachable = resolve));
    client.send(new Uint8Array(9), 0, 9, gone.local, 0);
    await told;
  }
  client.close();
}

/** Many short turns of a few sockets, so that one that sleeps while a datagram waits would be found. */
async function changes(): Promise<void> {
  const echo = await openFfiPort({ ip: '127.0.0.1' });
  echo.onDatagram = (bytes, from) => echo.send(bytes, 0, bytes.length, from, 0);
  const keepsRunning = setInterval(() => {}, 1000);
  const turns = async (lane: number): Promise<void> => {
    let client = await openFfiPort({ ip: '127.0.0.1' });
    for (let turn = 1; turn <= CHANGES; turn++) {
      const answered = answer(client);
      client.send(new Uint8Array(9), 0, 9, echo.local, 0);
      if (!(await answered)) throw new Error(`no answer in turn ${turn}`);
      if (turn % 7 === lane) client.unref?.();
      if (turn % 3 === lane) client.ref?.();
      if (turn % 50 === lane) echo.unref?.();
      if (turn % 20 === lane) echo.ref?.();
      if (turn % 11 !== lane) continue;
      client.close();
      client = await openFfiPort({ ip: '127.0.0.1' });
    }
    client.close();
  };
  await Promise.all([0, 1, 2].map(turns));
  clearInterval(keepsRunning);
  echo.close();
}

const CHANGES = 700;

/** Whether a datagram comes within two seconds. */
function answer(port: DatagramPort): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 2000);
    port.onDatagram = () => {
      clearTimeout(timer);
      resolve(true);
    };
  });
}

/** Run one of the programs; rejects when it ends otherwise or prints something. */
function expectEnd(program: string, exitCode: number, ...flags: string[]): Promise<void> {
  const file = fileURLToPath(new URL('ffi-programs.ts', import.meta.url));
  const words = process.execArgv.filter(
    (word) => word !== '--no-warnings' && word !== '--pending-deprecation',
  );
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words, ...flags, file, program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === exitCode && output === '') resolve();
      else reject(new Error(`ended with ${code ?? signal}: ${output.slice(0, 500)}`));
    });
  });
}
