import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQuicContext } from '@tsquic/quic-core';
import type { ConnectOptions, QuicConnection, QuicListener } from 'tsquic';
import { certificate, dial, HOST, PROTOCOL, receive, send, serve, take } from './endpoints.ts';
import { VirtualNetwork, type VirtualPort } from './virtual-network.ts';

/** Both ends in virtual time: minutes pass in milliseconds, and no socket is opened. */
class QuietPair {
  readonly network = new VirtualNetwork();
  readonly clientPort: VirtualPort = this.network.openPort('192.0.2.1');
  readonly serverPort: VirtualPort = this.network.openPort('192.0.2.2');
  listener!: QuicListener;

  async listen(): Promise<void> {
    const { clock, unixTimeAtZeroUs } = this.network;
    this.listener = await serve(undefined, { socket: this.serverPort, clock, unixTimeAtZeroUs });
  }

  connect(options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
    const { clock, unixTimeAtZeroUs } = this.network;
    const dialled = dial(this.listener, {
      host: '192.0.2.2',
      servername: HOST,
      socket: this.clientPort,
      clock,
      unixTimeAtZeroUs,
      ...options,
    });
    return this.network.until(dialled);
  }
}

test('40 seconds of silence end a connection, by default after 30, and all that waits on it', async () => {
  const { network, ...pair } = await quiet();
  const accepted = take(pair.listener);
  const client = await pair.connect();
  const server = await network.until(accepted);
  const stream = await client.openStream();
  const reading = stream.readable.getReader().read();
  const writer = stream.writable.getWriter();
  await writer.write(new Uint8Array(1));
  const incoming = client[Symbol.asyncIterator]().next();
  const begunUs = network.clock.nowUs();
  network.isCut = true;
  for (const waiting of [client.closed, reading, writer.closed, incoming]) {
    await expect(network.until<unknown>(waiting)).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
  }
  const silentUs = network.clock.nowUs() - begunUs;
  expect(silentUs).toBeGreaterThan(29_900_000);
  expect(silentUs).toBeLessThan(31_000_000);
  await network.pass(10_000_000);
  await expect(client.openStream()).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
  await expect(network.until(server.closed)).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
  expect(pair.clientPort.isClosed).toBe(true);
  await network.until(pair.listener.close());
  expect(pair.serverPort.isClosed).toBe(true);
  expect(network.armed).toBe(0);
});

test('the smaller idle timeout holds for both ends', async () => {
  const { network, ...pair } = await quiet();
  const accepted = take(pair.listener);
  const client = await pair.connect({ transport: { idleTimeoutMs: 7000 } });
  const server = await network.until(accepted);
  network.isCut = true;
  await network.pass(8_000_000);
  for (const { closed } of [client, server])
    await expect(network.until(closed)).rejects.toMatchObject({ code: 'ERR_QUIC_IDLE_TIMEOUT' });
  await network.until(pair.listener.close());
});

test('keep-alive holds a silent connection', async () => {
  const { network, ...pair } = await quiet();
  const client = await pair.connect({ transport: { idleTimeoutMs: 5000, keepAliveMs: 2000 } });
  await network.pass(60_000_000);
  expect(client.statistics().state).toBe('confirmed');
  await network.until(client.close());
  await network.until(pair.listener.close());
});

test('a server that does not answer ends the attempt after the handshake timeout', async () => {
  const { network, ...pair } = await quiet();
  network.isCut = true;
  const attempt = pair.connect({ transport: { handshakeTimeoutMs: 3000 } });
  await expect(attempt).rejects.toMatchObject({ code: 'ERR_QUIC_HANDSHAKE_TIMEOUT' });
  expect(network.clock.nowUs()).toBeLessThan(3_500_000);
  expect(pair.clientPort.isClosed).toBe(true);
  await network.until(pair.listener.close());
  expect(network.armed).toBe(0);
});

test('aborted during the handshake: rejects with the reason, and gives everything back', async () => {
  const { network, ...pair } = await quiet();
  network.isCut = true;
  const abort = new AbortController();
  const attempt = pair.connect({ signal: abort.signal });
  const reason = new Error('changed my mind');
  network.clock.createAlarm(() => abort.abort(reason)).set(500_000);
  await expect(attempt).rejects.toBe(reason);
  await network.pass(1);
  expect(network.clock.nowUs()).toBeLessThan(600_000);
  expect(pair.clientPort.isClosed).toBe(true);
  await network.until(pair.listener.close());
  expect(network.armed).toBe(0);
});

test('a context of the program serves as well as one made from options', async () => {
  const { network, ...pair } = await quiet();
  const context = createQuicContext({
    crypto: createNodeProvider(),
    alpn: [PROTOCOL],
    dangerouslySkipCertificateCheck: true,
  });
  const client = await pair.connect({ context });
  const stream = await client.openStream();
  const sent = send(stream.writable, 'own context');
  const server = await network.until(take(pair.listener));
  expect(await network.until(receive((await network.until(take(server))).readable))).toBe('own context');
  await network.until(sent);
  await network.until(client.close());
  await network.until(pair.listener.close());
});

async function quiet(): Promise<QuietPair & { readonly connect: QuietPair['connect'] }> {
  await certificate();
  const pair = new QuietPair();
  await pair.listen();
  return Object.assign(pair, { connect: pair.connect.bind(pair) });
}
