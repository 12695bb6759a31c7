import type { SourceFile } from '../files.ts';
import { runnerCase, runnerNetwork } from '../network/runner-network.ts';
import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection, type WebTransportExchange } from './case.ts';

/** The path of the session, and the folder of its files. */
export const ENDPOINT = 'webtransport1';

const KIB = 1024;
const STREAM_SIZES: readonly number[] = [100 * KIB, 500 * KIB, 250 * KIB, 1024 * KIB, 2048 * KIB];

type Carrier = Exclude<WebTransportExchange['carrier'], 'none'>;

const PROTOCOLS = { client: ['files-1'], server: ['files-1'], expected: 'files-1' };

/** The suite of WebTransport of quic-interop-runner, in its order. Its handshake has another name here, which that of QUIC has. */
export const WEBTRANSPORT_SUITE: readonly Case[] = [
  caseOf({
    name: 'webtransport-handshake',
    letter: 'WH',
    about: 'a session, and the first protocol of the client that the server has as well',
    files: [],
    webTransport: {
      carrier: 'none',
      direction: 'receive',
      protocols: {
        client: ['red', 'amber', 'blue', 'birch', 'green'],
        server: ['one', 'birch', 'two', 'amber', 'three'],
        expected: 'amber',
      },
    },
  }),
  ...(['unidirectional', 'bidirectional', 'datagram'] as const).flatMap((carrier) => [
    transfer(carrier, 'receive'),
    transfer(carrier, 'send'),
  ]),
];

function transfer(carrier: Carrier, direction: 'receive' | 'send'): Case {
  const [sizes, way] =
    carrier === 'datagram' ? [datagramSizes(), 'datagrams'] : [STREAM_SIZES, `${carrier} streams`];
  return caseOf({
    name: `transfer-${carrier}-${direction}`,
    letter: carrier.charAt(0).toUpperCase() + direction.charAt(0).toUpperCase(),
    about: `${sizes.length} files to the ${direction === 'receive' ? 'client' : 'server'} by ${way}`,
    files: sizes.map((bytes, index) => fileOf(bytes, index)),
    webTransport: { carrier, direction, protocols: PROTOCOLS },
  });
}

function caseOf(own: Pick<Case, 'name' | 'letter' | 'about' | 'files' | 'webTransport'>): Case {
  return {
    ...DEFAULTS,
    network: (seed) => runnerNetwork(runnerCase('transfer'), seed),
    timeoutMs: 60_000,
    judge: (evidence) => [...judgeDelivery(evidence), ...judgeOneConnection(evidence)],
    ...own,
  };
}

function fileOf(bytes: number, index: number): SourceFile {
  return { name: `${ENDPOINT}/${String(index).padStart(10, 'x')}`, bytes };
}

/** Two hundred, from 600 bytes on. */
function datagramSizes(): number[] {
  return Array.from({ length: 200 }, (_, index) => 600 + 2 * index);
}
