import { createSelfSigned } from 'tsquic/certificates';
import { runProviderCompliance } from '@tsquic/crypto/compliance';
import { createFfiProvider, hasFfiAead } from '@tsquic/crypto/ffi';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import { connect, listen } from 'tsquic';

/** What a runtime must do before any port matters: cryptography, and a connection with the defaults of the library. */
export const essentials: readonly { readonly name: string; check(): unknown }[] = [
  ...providerPromises(),
  { name: 'runs with a seed want no length of headers that others do not', check: wantsNoLength },
  { name: 'a client checks the certificate of a server, which echoes', check: echo },
];

function providerPromises(): { name: string; check(): void }[] {
  const found: { name: string; check(): void }[] = [];
  const ffi = hasFfiAead() ? [createFfiProvider] : [];
  for (const create of [createNodeProvider, createNobleProvider, ...ffi])
    runProviderCompliance(
      create.name,
      (random) => create({ random }),
      (name, check) => void found.push({ name, check }),
    );
  return found;
}

function wantsNoLength(): void {
  const seeded = createNodeProvider({ random: (out) => void out.fill(1) });
  const { headerLength } = seeded.createAead('aes-128-gcm', new Uint8Array(16), new Uint8Array(12));
  if (headerLength !== undefined) throw new Error(`headers of ${headerLength} bytes are wanted`);
}

async function echo(): Promise<void> {
  const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['127.0.0.1'] });
  const listener = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      cert: certificatePem,
      key: privateKeyPem,
      ALPNProtocols: ['echo'],
    },
    async (connection) => {
      for await (const { readable, writable } of connection) await readable.pipeTo(writable);
    },
  );
  const { port } = listener.address;
  const connection = await connect({ host: '127.0.0.1', port, ca: certificatePem, ALPNProtocols: ['echo'] });
  const stream = await connection.openStream();
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode('hello'));
  await writer.close();
  const answer = await new Response(stream.readable).text();
  await connection.close();
  await listener.close();
  if (answer !== 'hello') throw new Error(`${JSON.stringify(answer)} came back`);
}
