// An HTTP/0.9 file server over Bun's node:quic for the interop bench.
// Arguments: root, certificate, key, host, port, ALPN, groups to prefer or '', patience in ms or 0, preferred address or ''.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv6, SocketAddress } from 'node:net';
import { join } from 'node:path';
import { listen } from 'node:quic';

const [root, certificate, key, host, port, alpn, groups, patience, preferred] = process.argv.slice(2);
const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

await listen(
  (session) => {
    session.onstream = (stream) => {
      answer(stream).catch((error) => console.log(`stream ended: ${error}`));
    };
    session.ondatagram = (datagram) => void session.sendDatagram(datagram);
    session.closed.catch((error) => console.log(`connection ended: ${error}`));
  },
  {
    endpoint: { address },
    alpn: [alpn],
    transportParams: {
      maxDatagramFrameSize: 65_535,
      // With a handshakeTimeout of any length it fails to create an engine.
      ...(patience !== '0' && { maxIdleTimeout: patience / 1000 }),
      ...(preferred !== '' && preferredAddress()),
    },
    ...(groups !== '' && { groups }),
    sni: { '*': { keys: [createPrivateKey(readFileSync(key))], certs: [readFileSync(certificate)] } },
  },
);
console.log(`listening on ${address}`);

function preferredAddress() {
  const { hostname, port: preferredPort } = new URL(`udp://${preferred}`);
  const ip = hostname.replace(/^\[|\]$/g, '');
  const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
  const socketAddress = new SocketAddress({ address: ip, port: Number(preferredPort), family });
  return { [family === 'ipv6' ? 'preferredAddressIpv6' : 'preferredAddressIpv4']: socketAddress };
}

async function answer(stream) {
  const request = [];
  for await (const batch of stream) request.push(...batch);
  const [, name] = /^GET \/([\w.-]+)/.exec(Buffer.concat(request).toString('latin1')) ?? [];
  stream.setBody(name === undefined ? new Uint8Array(0) : readFileSync(join(root, name)));
}
