import { expect, test } from '@jest/globals';
import { connect, listen } from 'tsquic';
import { certificate, HOST, pause, PROTOCOL, serve } from './endpoints.ts';

/** UDP sockets that keep this process running. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /UDP/i.test(kind)).length;
}

async function microtasks(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await Promise.resolve();
}

/** However many steps have been done when the signal comes. */
const MOMENTS = Array.from({ length: 40 }, (_, index) => index);

test('connect that is aborted while its socket opens, at whatever moment, leaves none', async () => {
  const listener = await serve(async () => {});
  const before = openSockets();
  const { certificatePem: ca } = await certificate();
  for (const moment of MOMENTS) {
    const abort = new AbortController();
    const options = { host: HOST, port: listener.address.port, ca, ALPNProtocols: [PROTOCOL] };
    const dialled = connect({ ...options, signal: abort.signal });
    const outcome = dialled.catch((error: unknown) => error);
    await microtasks(moment);
    // Half of them go on for a turn of the event loop, in which the socket is bound.
    if (moment % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error(`at ${moment}`));
    expect(await outcome).toEqual(new Error(`at ${moment}`));
  }
  await sockets(before);
  await listener.close();
});

test('connect that is aborted while its socket opens begins no connection', async () => {
  const { certificatePem: ca } = await certificate();
  await sockets(0);
  let begun = 0;
  const abort = new AbortController();
  const dialled = connect({
    host: HOST,
    port: 4433,
    ca,
    ALPNProtocols: [PROTOCOL],
    signal: abort.signal,
    core: { tracer: { onConnectionStarted: () => void begun++ } },
  });
  const outcome = dialled.catch((error: unknown) => error);
  // The socket is bound in a later turn of the event loop.
  await microtasks(MOMENTS.length);
  expect(openSockets()).toBe(1);
  abort.abort(new Error('too slow'));
  expect(await outcome).toEqual(new Error('too slow'));
  await sockets(0);
  expect(begun).toBe(0);
});

test('listen that is aborted while its socket opens, at whatever moment, leaves none', async () => {
  const before = openSockets();
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  for (const moment of MOMENTS) {
    const abort = new AbortController();
    const options = { host: HOST, cert, key, ALPNProtocols: [PROTOCOL] };
    const outcome = listen({ ...options, signal: abort.signal }).then(
      (listener) => listener.closed.catch((error: unknown) => error),
      (error: unknown) => error,
    );
    await microtasks(moment);
    abort.abort(new Error(`at ${moment}`));
    expect(await outcome).toEqual(new Error(`at ${moment}`));
  }
  await sockets(before);
});

/** Those that close do so in a later turn. */
async function sockets(count: number): Promise<void> {
  for (let looks = 0; looks < 500 && openSockets() !== count; looks++) await pause(10);
  expect(openSockets()).toBe(count);
}
