import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openNodePort } from '@tsquic/event-adapters';
import { connect, type ConnectOptions, type QuicConnection, QuicEndpoint, type QuicListener } from 'tsquic';
import { certificate, dial, HOST, PROTOCOL, send, serve, receive } from './endpoints.ts';

let listener: QuicListener;
let endpoint: QuicEndpoint;

beforeEach(async () => {
  listener = await serve(
    async (connection) => {
      for await (const stream of connection) await stream.readable.pipeTo(stream.writable);
    },
    { earlyData: true },
  );
  const { certificatePem: ca } = await certificate();
  endpoint = new QuicEndpoint({ ca, ALPNProtocols: [PROTOCOL] });
});

afterEach(async () => {
  await endpoint.close();
  await listener.close();
});

function share(options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
  const { ip: host, port } = listener.address;
  return connect({ host, port, ALPNProtocols: [PROTOCOL], endpoint, ...options });
}

async function echo(connection: QuicConnection, text: string): Promise<string> {
  const stream = await connection.openStream();
  const [answer] = await Promise.all([receive(stream.readable), send(stream.writable, text)]);
  return answer;
}

test('many connections are on one socket, each gets its own answers, and each ends alone', async () => {
  const connections = await Promise.all(Array.from({ length: 20 }, () => share()));
  expect(new Set(connections.map(({ localAddress }) => localAddress.port)).size).toBe(1);
  const answers = await Promise.all(connections.map((connection, i) => echo(connection, `to ${i}`)));
  expect(answers).toEqual(connections.map((_, i) => `to ${i}`));
  // The server has answered, so that its handshakes are complete, too.
  expect(new Set([...listener.connections].map(({ remoteAddress }) => remoteAddress.port)).size).toBe(1);
  const [first, ...others] = connections;
  await first!.close({ code: 7 });
  await expect(first!.closed).resolves.toMatchObject({ code: 7, remote: false });
  expect(await echo(others[0]!, 'still here')).toBe('still here');
  expect(await echo(await share(), 'and a new one')).toBe('and a new one');
});

test('the certificate is checked by the options of the endpoint, for the name of each connection', async () => {
  await expect(share({ servername: 'elsewhere.test' })).rejects.toMatchObject({ name: 'TlsAlertError' });
  const trusting = new QuicEndpoint({ ALPNProtocols: [PROTOCOL] });
  await expect(share({ endpoint: trusting })).rejects.toMatchObject({ name: 'TlsAlertError' });
  await trusting.close();
  const careless = new QuicEndpoint({ ALPNProtocols: [PROTOCOL], rejectUnauthorized: false });
  expect(await echo(await share({ endpoint: careless }), 'unchecked')).toBe('unchecked');
  await careless.close();
  expect(await echo(await share(), 'checked')).toBe('checked');
});

test('a connection that moves leaves the others on the socket, and its own sockets with its end', async () => {
  let onLost = (): void => {};
  const lost = new Promise<void>((resolve) => (onLost = resolve));
  const staying = await share();
  const moving = await share({
    onPath: ({ change, local }) => void (change === 'lost' && local.port === port && onLost()),
  });
  const { port } = staying.localAddress;
  await moving.ready;
  await moving.rebind();
  expect(moving.localAddress.port).not.toBe(port);
  expect(staying.localAddress.port).toBe(port);
  expect(await echo(moving, 'from there')).toBe('from there');
  // The path over the common socket is over for this connection, and only for this one.
  await lost;
  expect(await echo(staying, 'from here')).toBe('from here');
  const socket = await openNodePort({ ip: HOST });
  const isClosed = new Promise<void>((resolve) => {
    const close = socket.close.bind(socket);
    socket.close = () => {
      close();
      resolve();
    };
  });
  await moving.rebind({ socket });
  expect(await echo(moving, 'from elsewhere')).toBe('from elsewhere');
  await moving.close();
  await isClosed;
  expect(await echo(staying, 'from here')).toBe('from here');
  expect((await share()).localAddress.port).toBe(port);
});

test('a signal ends its own connection or attempt only', async () => {
  const [ending, giving] = [new AbortController(), new AbortController()];
  const connection = await share({ signal: ending.signal });
  const other = await share();
  giving.abort(new Error('given up'));
  await expect(share({ signal: giving.signal })).rejects.toThrow('given up');
  ending.abort(new Error('over'));
  await expect(connection.closed).rejects.toThrow('over');
  expect(await echo(other, 'unharmed')).toBe('unharmed');
});

test('sessions resume, and early data leaves', async () => {
  let keep = (_session: Uint8Array): void => {};
  const kept = new Promise<Uint8Array>((resolve) => (keep = resolve));
  await share({ onSession: (session) => keep(session) });
  const resumed = await share({ session: await kept, earlyData: true });
  expect([resumed.earlyData, resumed.statistics().state]).toEqual(['offered', 'handshaking']);
  expect(await echo(resumed, 'early')).toBe('early');
  await resumed.ready;
  expect([resumed.earlyData, resumed.resumed]).toEqual(['accepted', true]);
});

test('the end of the endpoint is that of its connections, and of attempts', async () => {
  const connection = await share();
  const attempt = share();
  await endpoint.close({ code: 3, reason: 'done' });
  await expect(connection.closed).resolves.toMatchObject({ code: 3, reason: 'done', remote: false });
  await expect(attempt).rejects.toMatchObject({ code: 'ERR_QUIC_CLOSED' });
  await expect(share()).rejects.toMatchObject({ code: 'ERR_QUIC_CLOSED' });
});

test('options that the endpoint decides are refused beside it, and those of a connection for it', async () => {
  for (const options of [{ ca: 'x' }, { rejectUnauthorized: false }, { transport: {} }, { localPort: 1 }])
    await expect(share(options)).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
      message: expect.stringContaining(`${Object.keys(options)[0]} is decided by endpoint`),
    });
  await expect(share({ endpoint: { close: () => {} } as never })).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
  });
  expect(() => new QuicEndpoint({ ALPNProtocols: [PROTOCOL], port: 1 } as never)).toThrow('port');
  const alone = await dial(listener);
  expect(alone.localAddress.ip).toBe(HOST);
  await alone.close();
});
