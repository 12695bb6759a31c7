import { concatBytes } from '@tsquic/bytes';
import { decodeFrames } from '@tsquic/quic-core';
import { testRootCertificate } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import { decodeSession, type Level, TlsAlert } from '@tsquic/tls13';
import { createCertificateVerifier } from '@tsquic/tls13/x509';
import { TransportError } from '../../packages/quic-core/src/errors/transport-error.ts';
import { checkConnectionIds, checkValues } from '../../packages/quic-core/src/parameters/parameter-rules.ts';
import {
  decodeParameters,
  defaultParameters,
  encodeParameters,
} from '../../packages/quic-core/src/parameters/parameters.ts';
import { Tokens } from '../../packages/quic-core/src/tokens/token.ts';
import { ATTACKER } from '../../packages/quic-core/test/support/attacker.ts';
import { decodeTicketState } from '../../packages/tls13/src/resumption/ticket-state.ts';
import { DATAGRAM_TARGETS } from './datagram-targets.ts';
import { HTTP3_TARGETS } from './http3-targets.ts';
import { PACKET_TARGETS } from './packet-targets.ts';
import { SESSION_TARGETS } from './session-targets.ts';
import { type FuzzTarget, joinPieces, NOW_US, once, piecesOf, refusing, UNIX_MS } from './target.ts';
import { createClientEngine, createServerEngine, IDENTITY } from './tls-engines.ts';

/** The frames of a packet, as tracers see them. */
const frames: FuzzTarget = {
  name: 'frames',
  weight: 0.5,
  run: (input) => void decodeFrames(input, 0, input.length),
  seeds: () => PACKET_TARGETS[0]!.seeds().map((bytes) => bytes.slice(4)),
};

const parameters: FuzzTarget = {
  name: 'parameters',
  weight: 0.5,
  run(input) {
    const id = new Uint8Array(8).fill(7);
    for (const fromClient of [false, true]) {
      refusing(TransportError, () => {
        const decoded = decodeParameters(input);
        checkValues(decoded, fromClient);
        checkConnectionIds(
          decoded,
          { peerSource: id, originalDestination: id, retrySource: undefined },
          fromClient,
        );
        encodeParameters(decoded, 1);
      });
    }
  },
  seeds() {
    const id = new Uint8Array(8).fill(7);
    const good = { ...defaultParameters(), initialSourceConnectionId: id };
    const ofServer = {
      ...{ originalDestinationConnectionId: id, retrySourceConnectionId: id },
      ...{ statelessResetToken: new Uint8Array(16), disableActiveMigration: true },
      preferredAddress: concatBytes(new Uint8Array(24), Uint8Array.of(8), id, new Uint8Array(16)),
    };
    return [encodeParameters(good, 1), encodeParameters({ ...good, ...ofServer }, 2)];
  },
};

/** Handshake messages of any level, each with a byte for the level, a length, and its bytes. */
function tls(isClient: boolean): FuzzTarget {
  return {
    name: isClient ? 'tls-client' : 'tls-server',
    weight: 1.5,
    run(input) {
      const engine = isClient ? createClientEngine() : createServerEngine();
      refusing(TlsAlert, () => {
        engine.start();
        for (let at = 0; at + 2 < input.length;) {
          const length = (input[at + 1]! << 8) | input[at + 2]!;
          engine.provide((input[at]! & 3) as Level, input.slice(at + 3, at + 3 + length));
          at += 3 + length;
          while (engine.nextEvent() !== undefined);
        }
      });
    },
    seeds() {
      // Both ends draw the same random numbers each time, so that recorded messages are accepted again.
      const ends = [createServerEngine(), createClientEngine()] as const;
      const heard: Uint8Array[][] = [[], []];
      for (const end of ends) end.start();
      for (let round = 0; round < 8; round++)
        for (const from of [1, 0] as const)
          for (let event = ends[from].nextEvent(); event !== undefined; event = ends[from].nextEvent()) {
            if (event.type !== 'send') continue;
            const { level, bytes } = event;
            heard[1 - from]!.push(concatBytes(Uint8Array.of(level, bytes.length >> 8, bytes.length), bytes));
            ends[1 - from]!.provide(level, bytes);
          }
      const mine = heard[isClient ? 1 : 0]!;
      return mine.map((_, index) => concatBytes(...mine.slice(0, index + 1)));
    },
  };
}

/** Changed tokens, and changed contents of tickets and sessions, which a program may have kept for long. */
const tokens: FuzzTarget = {
  name: 'tokens',
  weight: 0.5,
  run(input) {
    const own = TOKENS();
    own.open(input, ATTACKER, new Uint8Array(8), NOW_US);
    decodeSession(input);
    decodeTicketState(input);
  },
  seeds() {
    const own = TOKENS();
    const id = new Uint8Array(8);
    return [
      own.createRetry(ATTACKER, id, id, NOW_US),
      own.createNew([ATTACKER], NOW_US, { rttUs: 1000, windowBytes: 20_000 }),
      Uint8Array.from({ length: 80 }, (_, i) => i),
    ];
  },
};

const TOKENS = once(() => new Tokens(seededCrypto(9), new Uint8Array(16).fill(1)));

/** A chain of certificates, each preceded by its length. */
const certificates: FuzzTarget = {
  name: 'certificates',
  weight: 1,
  run(input) {
    const chain = [...piecesOf(input)];
    for (const crypto of [seededCrypto(1), CREDULOUS()])
      VERIFIER().verify(chain, 'server.test', UNIX_MS, crypto);
  },
  seeds() {
    const [leaf] = IDENTITY().chain;
    return [[leaf!], [leaf!, testRootCertificate()], [testRootCertificate()]].map(joinPieces);
  },
};

/** All signatures are accepted, so that the code after them is reached. */
const CREDULOUS = once(() => ({ ...seededCrypto(1), verifySignature: () => true }));
const VERIFIER = once(() => createCertificateVerifier({ trustAnchors: [testRootCertificate()] }));

/** All targets. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...PACKET_TARGETS,
  ...DATAGRAM_TARGETS,
  ...SESSION_TARGETS,
  ...HTTP3_TARGETS,
  frames,
  parameters,
  tls(false),
  tls(true),
  tokens,
  certificates,
];
