import { type CryptoProvider, Group, type KeyShare } from '@tsquic/crypto';
import {
  createTlsClient,
  createTlsServer,
  Level,
  skipCertificateCheck,
  type TicketProtection,
  type TlsEngine,
} from '../src/index.ts';
import { MessageType } from '../src/message/handshake-message.ts';
import { clientOptions, find, identityOf, Pair, provider, serverOptions } from './handshake-pair.ts';

/** One engine in one of its states. */
export interface Stage {
  readonly name: string;
  /** Where its next message must come. */
  readonly level: Level;
  /** Types it takes. */
  readonly accepts: readonly number[];
  /** A fresh engine in that state, and the good messages that would come next. */
  reach(): { readonly engine: TlsEngine; readonly next: readonly Uint8Array[] };
}

/** Sealing that hides nothing. */
export const openTickets: TicketProtection = { seal: (plaintext) => plaintext, open: (ticket) => ticket };

/** Key shares made once: twenty thousand fresh ones take longer than everything else. */
const shares = new Map<Group, KeyShare>(
  Object.values(Group).map((group) => [group, provider.generateKeyShare(group)]),
);
const crypto: CryptoProvider = { ...provider, generateKeyShare: (group) => shares.get(group)! };

const T = MessageType;
const identity = identityOf('ed25519');

export const CLIENT_STAGES: readonly Stage[] = [
  clientStage('expect ServerHello', Level.Initial, [T.ServerHello], {}, 0),
  clientStage('expect ServerHello after a retry', Level.Initial, [T.ServerHello], { retry: true }, 1),
  clientStage('expect EncryptedExtensions', Level.Handshake, [T.EncryptedExtensions], {}, 1),
  clientStage(
    'expect CertificateRequest or Certificate',
    Level.Handshake,
    [T.CertificateRequest, T.Certificate],
    { auth: true },
    2,
  ),
  clientStage('expect Certificate after a request', Level.Handshake, [T.Certificate], { auth: true }, 3),
  clientStage('expect CertificateVerify', Level.Handshake, [T.CertificateVerify], {}, 3),
  clientStage('expect Finished', Level.Handshake, [T.Finished], {}, 4),
  clientStage('expect Finished of a resumed handshake', Level.Handshake, [T.Finished], { resume: true }, 2),
  clientStage('connected client', Level.Application, [T.NewSessionTicket], {}, 5),
];

export const SERVER_STAGES: readonly Stage[] = [
  serverStage('expect ClientHello', Level.Initial, [T.ClientHello], {}, 0),
  serverStage('expect the second ClientHello', Level.Initial, [T.ClientHello], { retry: true }, 1),
  serverStage('expect Certificate', Level.Handshake, [T.Certificate], { auth: true }, 1),
  serverStage(
    "expect the client's CertificateVerify",
    Level.Handshake,
    [T.CertificateVerify],
    { auth: true },
    2,
  ),
  serverStage("expect the client's Finished", Level.Handshake, [T.Finished], {}, 1),
  serverStage('connected server', Level.Application, [], {}, 2),
];

interface Variant {
  readonly retry?: boolean;
  readonly auth?: boolean;
  readonly resume?: boolean;
}

let kept: Uint8Array | undefined;

function enginesOf(variant: Variant): { client: TlsEngine; server: TlsEngine } {
  const session =
    variant.resume === true
      ? (kept ??= find(new Pair({}, { tickets: openTickets }).run().clientEvents, 'ticket')!.session)
      : undefined;
  const client = createTlsClient(
    clientOptions({ crypto, identity, ...(session === undefined ? {} : { session }) }),
  );
  const server = createTlsServer(
    serverOptions({
      crypto,
      tickets: openTickets,
      verifier: skipCertificateCheck,
      clientCertificate: variant.auth === true ? 'require' : 'none',
      ...(variant.retry === true ? { groups: [Group.Secp256r1] } : {}),
    }),
  );
  client.start();
  server.start();
  return { client, server };
}

/** A client that has read `count` messages of its server. */
function clientStage(
  name: string,
  level: Level,
  accepts: readonly number[],
  variant: Variant,
  count: number,
): Stage {
  return {
    name,
    level,
    accepts,
    reach() {
      const { client, server } = enginesOf(variant);
      return { engine: client, next: advance(client, server, count) };
    },
  };
}

/** A server that has read `count` messages of its client. */
function serverStage(
  name: string,
  level: Level,
  accepts: readonly number[],
  variant: Variant,
  count: number,
): Stage {
  return {
    name,
    level,
    accepts,
    reach() {
      const { client, server } = enginesOf(variant);
      return { engine: server, next: advance(server, client, count) };
    },
  };
}

/** Let `reader` read `count` messages of `writer`; returns those that were ready to follow. */
function advance(reader: TlsEngine, writer: TlsEngine, count: number): readonly Uint8Array[] {
  const queue: { readonly level: Level; readonly bytes: Uint8Array }[] = [];
  for (let read = 0; ;) {
    while (deliver(reader, writer));
    for (let event = writer.nextEvent(); event !== undefined; event = writer.nextEvent()) {
      if (event.type === 'send') queue.push(event);
    }
    if (read === count) return queue.map(({ bytes }) => bytes);
    const { level, bytes } = queue.shift()!;
    reader.provide(level, bytes);
    read++;
  }
}

function deliver(from: TlsEngine, to: TlsEngine): boolean {
  const event = from.nextEvent();
  if (event?.type === 'send') to.provide(event.level, event.bytes);
  return event !== undefined;
}
