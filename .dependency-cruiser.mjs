/**
 * The layers as rules: who may import whom, and what the compiler alone does not see. The table is in
 * docs/architecture.md. A package that is not named here may use anything that its package.json lists.
 */
const ALLOWED = {
  bytes: [],
  congestion: [],
  crypto: ['bytes'],
  tls13: ['crypto', 'bytes'],
  qpack: ['bytes'],
  'quic-core': ['tls13', 'crypto', 'congestion', 'bytes'],
  http3: ['quic-core', 'qpack', 'bytes'],
  qlog: ['http3', 'quic-core'],
  adversary: ['quic-core', 'tls13', 'crypto', 'bytes'],
  simulator: [
    'webtransport',
    'adversary',
    'event-adapters',
    'http3',
    'qpack',
    'quic-core',
    'tls13',
    'crypto',
    'bytes',
  ],
  conform: ['adversary', 'quic-core', 'tls13', 'crypto', 'bytes'],
  'event-adapters': ['quic-core', 'bytes'],
  quic: ['event-adapters', 'http3', 'quic-core', 'tls13', 'crypto', 'congestion', 'qlog'],
  webtransport: ['quic', 'http3', 'quic-core', 'bytes'],
};

/**
 * The floors of quic-core's folders, lowest first: a folder imports from itself and from floors below, types included, so
 * that the folders are a tree. The table with the reasons is in docs/architecture.md.
 */
const FLOORS = [
  ...[
    'errors',
    'facts',
    'ranges',
    'version',
    'packet',
    'frame',
    'ids',
    'balancing',
    'flow',
    'spaces',
    'path',
    'streams',
    'parameters',
    'datagrams',
  ],
  ...['tokens', 'trace', 'config', 'keys', 'handshake', 'recovery', 'multipath', 'connection', 'context'],
];

const PURE = '^packages/(bytes|congestion|crypto|tls13|qpack|quic-core|http3)/src/';
const TEST = '\\.test\\.ts$|/test/|/bench/|\\.bench\\.ts$';

const layers = Object.entries(ALLOWED).map(([name, below]) => ({
  name: `layer-${name}`,
  comment: `packages/${name} may import ${below.length > 0 ? below.join(', ') : 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: TEST },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...below].join('|')})/` },
}));

const QUIC_CORE = '^packages/quic-core/src/';

const floors = FLOORS.map((name, floor) => ({
  name: `floor-${name}`,
  comment: `quic-core/src/${name} may import ${floor > 0 ? FLOORS.slice(0, floor).join(', ') : 'no other folder'}`,
  severity: 'error',
  from: { path: `${QUIC_CORE}${name}/`, pathNot: TEST },
  to: { path: `${QUIC_CORE}[^/]+/`, pathNot: `${QUIC_CORE}(${FLOORS.slice(0, floor + 1).join('|')})/` },
}));

export default {
  forbidden: [
    ...layers,
    ...floors,
    {
      name: 'floor-unknown',
      comment: 'every folder of quic-core has a floor',
      severity: 'error',
      from: { path: `${QUIC_CORE}[^/]+/`, pathNot: [`${QUIC_CORE}(${FLOORS.join('|')})/`, TEST] },
      to: { path: QUIC_CORE },
    },
    {
      name: 'floor-roof',
      comment: 'the entries of quic-core stand above all its folders',
      severity: 'error',
      from: { path: `${QUIC_CORE}[^/]+/`, pathNot: TEST },
      to: { path: `${QUIC_CORE}(index|load-balancing|wire)\\.ts$` },
    },
    {
      name: 'no-circular',
      comment: 'types may point at each other inside a package; code may not',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-layers',
      comment: 'only crypto/node may import from the host',
      severity: 'error',
      from: { path: PURE, pathNot: [TEST, '^packages/crypto/src/node/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'connection-is-private',
      comment: 'only context/ builds and drives connections; everything else gets a handle',
      severity: 'error',
      from: {
        path: '^packages/',
        pathNot: ['^packages/quic-core/src/(context|connection)/', TEST],
      },
      to: { path: '^packages/quic-core/src/connection/connection\\.ts$' },
    },
    {
      name: 'index-only',
      comment: 'a package is entered through its exports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: TEST },
      to: {
        path: '^packages/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/(worker/)?index\\.ts$',
          '^packages/event-adapters/src/(bun-port|deno-port|reactor|ffi/open-ffi-port)\\.ts$',
          '^packages/quic/src/(certificates|events|http3|load-balancing|node|workers)\\.ts$',
          '^packages/webtransport/src/(certificates|session)\\.ts$',
          '^packages/bytes/src/(der|node-ffi)\\.ts$',
          '^packages/crypto/src/(noble|node|node/ffi)/provider\\.ts$',
          '^packages/crypto/src/provider-compliance\\.ts$',
          '^packages/tls13/src/x509\\.ts$',
          '^packages/quic-core/src/(load-balancing|wire)\\.ts$',
        ],
      },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [TEST, '^packages/testing/'] },
      to: { path: [TEST, '^tools/', '^packages/testing/'] },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere hides from every other rule',
      severity: 'error',
      from: { path: '^packages/', pathNot: TEST },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['tsquic-src', 'import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
