/**
 * Versions of QUIC: a server that prefers version 2 and a client that begins with 1 and speaks both go on in version 2,
 * which costs no round trip (RFC 9368); a client that speaks version 1 alone stays there.
 *
 *     node -C tsquic-src --import ./tools/ts.mjs examples/versions.ts
 */
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen } from 'tsquic';

const V1 = 1;
/** RFC 9369 */
const V2 = 0x6b33_43cf;
const ALPNProtocols = ['versions'];
const { certificatePem, privateKeyPem } = await createSelfSigned({ hosts: ['127.0.0.1'] });
const listener = await listen(
  { host: '127.0.0.1', cert: certificatePem, key: privateKeyPem, ALPNProtocols, versions: [V2, V1] },
  () => {},
);
const { ip: host, port } = listener.address;
for (const versions of [[V1, V2], [V1]]) {
  const connection = await connect({ host, port, ca: certificatePem, ALPNProtocols, versions });
  const names = versions.map((version) => (version === V2 ? 'version 2' : 'version 1')).join(' and ');
  console.log(`a client of ${names} speaks ${connection.version === V2 ? 'version 2' : 'version 1'}`);
  await connection.close();
}
await listener.close();
