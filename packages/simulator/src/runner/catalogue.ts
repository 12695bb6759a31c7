import { CHACHA20_POLY1305_SHA256 } from '@tsquic/crypto';
import { PacketType } from '@tsquic/quic-core';
import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import { CLIENT_ADDRESS } from '../pair.ts';
import {
  checkAmplification,
  checkClientIps,
  checkEarlyData,
  checkEcn,
  checkHelloAgain,
  checkIpv6,
  checkKeyUpdate,
  checkNewIds,
  checkNewPaths,
  checkNoRetry,
  checkOnlyChacha20,
  checkResumption,
  checkRetry,
  checkStreamLimit,
  checkVersion1,
  checkVersion2,
  clientHellos,
  limitFrames,
  payloadBytes,
  serverPaths,
  unvalidatedBytes,
} from './checks.ts';
import type { InapplicableCase, RunnerCase } from './runner-case.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Losses in a row may take longer than the ten seconds that a handshake has by default. */
const PATIENT = { transport: { handshakeTimeoutMs: 180_000, idleTimeoutMs: 180_000 } };
const FIFTY = Array.from({ length: 50 }, () => KIB);
const CORRUPTION = { longestRun: 3, firstBytes: 51, sparesNegotiation: true };
/** A client that downloads has nothing to say: where no acknowledgement is due, only signs of life tell the server of another binding. RFC 9000 §10.1.2 */
const LIVELY = { transport: { keepAliveMs: 1000 } };
/** A NAT of the scenarios `rebind`: after a second, and then every five. */
const REBINDINGS_US = [0, 1e6, 6e6, 11e6, 16e6, 21e6, 26e6, 31e6, 36e6, 41e6, 46e6, 51e6, 56e6];
/** Of the files of `zerortt`. */
const NAME_BYTES = 250;
const EARLY_FILES = 40;

/** The test cases that the runner has, in its order. */
export const RUNNER_CASES: readonly (RunnerCase | InapplicableCase)[] = [
  {
    name: 'handshake',
    about: 'no Retry',
    files: [KIB],
    checks: [checkVersion1, checkNoRetry],
  },
  {
    name: 'transfer',
    about: 'the files',
    files: [2 * MIB, 3 * MIB, 5 * MIB],
    checks: [checkVersion1],
  },
  {
    name: 'longrtt',
    about: 'two ClientHellos or more; a round trip takes 1.5 s',
    files: [KIB],
    link: { delayUs: 750_000 },
    checks: [checkVersion1, checkHelloAgain],
    figure: (traces) => `${clientHellos(traces)} ClientHellos`,
  },
  {
    name: 'chacha20',
    about: 'the client offers 0x1303 alone',
    files: [3 * MIB],
    client: { cipherSuites: [CHACHA20_POLY1305_SHA256] },
    checks: [checkVersion1, checkOnlyChacha20],
  },
  {
    name: 'multiplexing',
    about: 'initial_max_streams_bidi is 1000 at most, and grows',
    files: Array.from({ length: 1999 }, () => 32),
    checks: [checkVersion1, checkStreamLimit],
    figure: ({ server }) => `${limitFrames(server)} MAX_STREAMS`,
  },
  {
    name: 'retry',
    about: 'the token of the Retry comes back in an Initial packet, and packet numbers go on',
    files: [10 * KIB],
    server: { retry: 'always' },
    checks: [checkVersion1, checkRetry],
  },
  {
    name: 'resumption',
    about: 'a Certificate in the first handshake, and none in the second',
    files: [5 * KIB, 10 * KIB],
    connections: 'resumed',
    handshakes: 2,
    checks: [checkVersion1, checkResumption],
  },
  {
    name: 'zerortt',
    about: 'data in 0-RTT, and 5,000 bytes at most from the client in 1-RTT',
    files: Array.from({ length: EARLY_FILES }, () => 32),
    nameLength: NAME_BYTES,
    connections: 'early',
    handshakes: 2,
    server: { earlyData: true },
    checks: [checkVersion1, checkEarlyData(0.5 * NAME_BYTES * EARLY_FILES)],
    figure: (traces) =>
      `${payloadBytes(traces, PacketType.ZeroRtt)} bytes in 0-RTT, ${payloadBytes(traces, PacketType.OneRtt)} in 1-RTT`,
  },
  { name: 'http3', notApplicable: 'HTTP/3 stands above the simulator: pnpm interop plays it' },
  {
    name: 'blackhole',
    about: 'nothing passes from the fifth to the seventh second',
    files: [10 * MIB],
    link: { blackholes: [{ fromUs: 5e6, untilUs: 7e6 }] },
    checks: [checkVersion1],
  },
  {
    name: 'keyupdate',
    about: 'packets of both ends in key phase 1',
    files: [3 * MIB],
    onConfirmed: (connection) => void connection.updateKeys(),
    checks: [checkVersion1, checkKeyUpdate],
  },
  {
    name: 'ecn',
    about: 'both ends mark ECT and never CE, and acknowledge with counts',
    files: [100 * KIB],
    checks: [checkVersion1, checkEcn],
  },
  {
    name: 'amplificationlimit',
    about:
      'a chain of 7,500 bytes, the second to seventh datagram of the client lost: three times what came, at most',
    files: [5 * KIB],
    up: { loss: { kind: 'list', indexes: [1, 2, 3, 4, 5, 6] } },
    chainBytes: 7500,
    client: PATIENT,
    server: PATIENT,
    checks: [checkVersion1, checkAmplification],
    figure: (traces) => {
      const { came, sent } = unvalidatedBytes(traces);
      return `${sent} bytes for ${came}`;
    },
  },
  {
    name: 'handshakeloss',
    about: '50 handshakes; 30 % of the datagrams lost both ways, three in a row at most',
    files: FIFTY,
    connections: 'each',
    handshakes: 50,
    link: { loss: { kind: 'random', rate: 0.3, longestRun: 3 } },
    client: PATIENT,
    server: PATIENT,
    timeoutSeconds: 300,
    checks: [checkVersion1],
  },
  {
    name: 'transferloss',
    about: 'the file; 2 % lost, three in a row at most',
    files: [2 * MIB],
    link: { loss: { kind: 'random', rate: 0.02, longestRun: 3 } },
    checks: [checkVersion1],
  },
  {
    name: 'handshakecorruption',
    about:
      '50 handshakes; in 30 % of the datagrams one of the first 51 bytes changed, three in a row at most',
    files: FIFTY,
    connections: 'each',
    handshakes: 50,
    link: { corruption: { rate: 0.3, ...CORRUPTION } },
    client: PATIENT,
    server: PATIENT,
    timeoutSeconds: 300,
    checks: [checkVersion1],
  },
  {
    name: 'transfercorruption',
    about: 'the file; 2 % changed in the same way',
    files: [2 * MIB],
    link: { corruption: { rate: 0.02, ...CORRUPTION } },
    checks: [checkVersion1],
  },
  {
    name: 'ipv6',
    about: 'no IPv4 address',
    files: [5 * KIB, 10 * KIB],
    family: 'ipv6',
    checks: [checkVersion1, checkIpv6],
  },
  {
    name: 'v2',
    about:
      'the client begins with version 1; Initial packets of the server and all Handshake packets in version 2',
    files: [KIB],
    client: { versions: [QUIC_1, QUIC_2] },
    server: { versions: [QUIC_2, QUIC_1] },
    checks: [checkVersion2],
  },
  {
    name: 'rebind-port',
    about:
      'a new port after a second and then every five: a PATH_CHALLENGE in the first datagram to each, and its answer',
    files: [10 * MIB],
    nat: {
      bindings: REBINDINGS_US.map((atUs, i) => ({
        atUs,
        address: { ...CLIENT_ADDRESS, port: 6001 + 7 * i },
      })),
    },
    client: LIVELY,
    checks: [checkVersion1, checkNewPaths],
    figure: (traces) => `${serverPaths(traces).length} paths`,
  },
  {
    name: 'rebind-addr',
    about: 'the same with a new IP address as well',
    files: [10 * MIB],
    nat: {
      bindings: REBINDINGS_US.map((atUs, i) => ({
        atUs,
        address: { ip: `10.0.2.${i + 1}`, port: 6001 + 7 * i },
      })),
    },
    client: LIVELY,
    checks: [checkVersion1, checkNewPaths, checkClientIps],
    figure: (traces) => `${serverPaths(traces).length} paths`,
  },
  {
    name: 'connectionmigration',
    about:
      'the client goes to the preferred address: a PATH_CHALLENGE in the first datagram from there, a new ID in the first to it',
    files: [2 * MIB],
    prefersAddress: true,
    checks: [checkVersion1, checkNewPaths, checkNewIds],
    figure: (traces) => `${serverPaths(traces).length} paths`,
  },
];
