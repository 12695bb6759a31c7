// What each entry of a package adds to a program, minified and compressed with gzip. `pnpm build` comes first.

/** The modules of the runtime cost nothing. */
function forNode(config) {
  return { ...config, platform: 'node', format: 'esm' };
}

function entry(name, path, limit, imported = '*') {
  return {
    name,
    path: `packages/${path}`,
    import: imported,
    limit,
    gzip: true,
    modifyEsbuildConfig: forNode,
  };
}

export default [
  entry('tsquic, with certificates', 'quic/dist/index.js', '175 kB', '{ connect, listen }'),
  entry('tsquic/http3', 'quic/dist/http3.js', '213 kB'),
  entry('tsquic/node', 'quic/dist/node.js', '4 kB'),
  entry('tsquic/workers', 'quic/dist/workers.js', '183 kB'),
  entry('tsquic/load-balancing', 'quic/dist/load-balancing.js', '28 kB'),
  entry('@tsquic/bytes', 'bytes/dist/index.js', '2 kB'),
  entry('@tsquic/bytes/der', 'bytes/dist/der.js', '2 kB'),
  entry('@tsquic/congestion', 'congestion/dist/index.js', '11 kB'),
  entry('@tsquic/crypto/node', 'crypto/dist/node/provider.js', '26 kB'),
  entry('@tsquic/crypto/noble', 'crypto/dist/noble/provider.js', '36 kB'),
  entry('@tsquic/crypto/wasm', 'crypto/dist/wasm/provider.js', '44 kB'),
  entry('@tsquic/tls13', 'tls13/dist/index.js', '19 kB'),
  entry('@tsquic/tls13/x509', 'tls13/dist/x509.js', '14 kB'),
  entry("@tsquic/quic-core, with a verifier of one's own", 'quic-core/dist/index.js', '112 kB'),
  entry('@tsquic/quic-core/load-balancing', 'quic-core/dist/load-balancing.js', '3 kB'),
  entry('@tsquic/event-adapters', 'event-adapters/dist/index.js', '17 kB'),
  entry('@tsquic/adversary', 'adversary/dist/index.js', '29 kB'),
  entry('@tsquic/conform', 'conform/dist/index.js', '49 kB'),
  entry('@tsquic/qpack', 'qpack/dist/index.js', '12 kB'),
  entry('@tsquic/http3', 'http3/dist/index.js', '23 kB'),
  entry('@tsquic/webtransport, with tsquic', 'webtransport/dist/index.js', '231 kB'),
  entry('@tsquic/webtransport/session', 'webtransport/dist/session.js', '14 kB'),
  entry('@tsquic/qlog', 'qlog/dist/index.js', '10 kB'),
];
