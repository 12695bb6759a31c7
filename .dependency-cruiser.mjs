/**
 * The layers as rules: who may import whom, and what the compiler alone does not see. The table is in
 * docs/architecture.md. A package that is not named here may use anything that its package.json lists.
 */
const ALLOWED = {
  bytes: [],
  congestion: [],
  crypto: ['bytes'],
  tls13: ['crypto', 'bytes'],
  'quic-core': ['tls13', 'crypto', 'congestion', 'bytes'],
  qlog: ['quic-core'],
  simulator: ['event-adapters', 'quic-core', 'tls13', 'crypto', 'bytes'],
  'event-adapters': ['quic-core'],
  quic: ['event-adapters', 'quic-core', 'tls13', 'crypto', 'congestion', 'qlog'],
};

const PURE = '^packages/(bytes|congestion|crypto|tls13|quic-core)/src/';
const TEST = '\\.test\\.ts$|/test/|/bench/|\\.bench\\.ts$';

const layers = Object.entries(ALLOWED).map(([name, below]) => ({
  name: `layer-${name}`,
  comment: `packages/${name} may import ${below.length > 0 ? below.join(', ') : 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: TEST },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...below].join('|')})/` },
}));

export default {
  forbidden: [
    ...layers,
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
          '^packages/event-adapters/src/(bun-port|deno-port|reactor)\\.ts$',
          '^packages/quic/src/node\\.ts$',
          '^packages/crypto/src/(noble|node)/provider\\.ts$',
          '^packages/crypto/src/provider-compliance\\.ts$',
          '^packages/tls13/src/x509\\.ts$',
          '^packages/quic-core/src/wire\\.ts$',
        ],
      },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: TEST },
      to: { path: [TEST, '^tools/'] },
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
