/**
 * 0-RTT: a client that comes back asks before its handshake is complete. What may happen twice is answered at once,
 * what may not is "too early", and asked again.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/early-data.ts
 */
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen, type QuicConnection, QuicStreamError } from 'tsquic';

/** What 425 is to HTTP. RFC 8470 */
const TOO_EARLY = 425;
const ALPNProtocols = ['shop'];
const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['127.0.0.1'] });

const listener = await listen(
  { host: '127.0.0.1', cert: certificatePem, key: privateKeyPem, ALPNProtocols, earlyData: true },
  async (connection) => {
    for await (const stream of connection) {
      const question = await new Response(stream.readable).text();
      // Somebody else may have sent it a second time: looking does no harm, buying does.
      if (question === 'buy' && stream.tooEarly(TOO_EARLY)) continue;
      const writer = stream.writable.getWriter();
      await writer.write(new TextEncoder().encode(`${question}: done`));
      await writer.close();
    }
  },
);

let keepSession = (_session: Uint8Array): void => {};
const kept = new Promise<Uint8Array>((resolve) => (keepSession = resolve));
const { ip: host, port } = listener.address;
const shared = { host, port, ca: certificatePem, ALPNProtocols };
const first = await connect({ ...shared, onSession: keepSession });
const session = await kept;
await first.close();

const again = await connect({ ...shared, session, earlyData: true });
console.log(`early data: ${again.earlyData}`);
console.log(await ask(again, 'look'));
const other = await connect({ ...shared, session: await nextSession(), earlyData: true });
console.log(await askPatiently(other, 'buy'));
console.log(`early data: ${other.earlyData}`);
await Promise.all([again.close(), other.close()]);
await listener.close();

async function ask(connection: QuicConnection, question: string): Promise<string> {
  const { readable, writable } = await connection.openStream();
  const answer = new Response(readable).text();
  answer.catch(() => {});
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(question));
  void writer.close();
  return answer;
}

/** Ask again when the server finds it too early. */
async function askPatiently(connection: QuicConnection, question: string): Promise<string> {
  try {
    return await ask(connection, question);
  } catch (error) {
    if (!(error instanceof QuicStreamError) || error.errorCode !== TOO_EARLY) throw error;
    console.log(`${question}: too early`);
    await connection.ready;
    return ask(connection, question);
  }
}

/** Each ticket is good for early data once. */
async function nextSession(): Promise<Uint8Array> {
  let keep = (_session: Uint8Array): void => {};
  const next = new Promise<Uint8Array>((resolve) => (keep = resolve));
  const connection = await connect({ ...shared, onSession: keep });
  await next;
  await connection.close();
  return next;
}
