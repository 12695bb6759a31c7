import { bytesFromLatin1, latin1FromBytes } from '@tsquic/bytes';
import { TlsAlert } from '../alerts.ts';
import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import type { Authentication } from './authentication.ts';
import { readTime, writeTime } from './time.ts';

/** The state that a server seals into a ticket. */
export interface TicketState extends Authentication {
  /** TLS code point of the suite of the connection. */
  readonly suite: number;
  readonly psk: Uint8Array;
  readonly issuedAtMs: number;
  readonly ageAdd: number;
  readonly serverName: string;
  readonly alpn: string;
  /**
   * Identifies the server's certificate (`certificateMark`): the session resumes only if the server would
   * still use it.
   */
  readonly certificate: Uint8Array;
  /** Whether the ticket allows 0-RTT. RFC 8446 §4.2.10 */
  readonly earlyData: boolean;
  /** `TlsServerOptions.earlyDataContext` when the ticket was made. */
  readonly earlyDataContext: Uint8Array;
  /** What the client was judged by (`judgement.ts`); empty when it was not asked for a certificate. */
  readonly judgement: Uint8Array;
  /** The client's chain in the handshake with certificates: DER, leaf first, maybe empty. */
  readonly peerCertificates: readonly Uint8Array[];
}

/**
 * Longest chain of a client in a ticket: its ClientHello has to carry the ticket in packets of 1200 bytes.
 */
export const MAX_KEPT_CHAIN_BYTES = 4096;

export function encodeTicketState(state: TicketState): Uint8Array {
  const writer = new MessageWriter();
  writer.u8(FORMAT);
  writer.u16(state.suite);
  writer.opaque8(state.psk);
  writeTime(writer, state.issuedAtMs);
  writer.u32(state.ageAdd);
  writer.opaque16(bytesFromLatin1(state.serverName));
  writer.opaque8(bytesFromLatin1(state.alpn));
  writer.opaque8(state.certificate);
  writer.u8(state.earlyData ? 1 : 0);
  writer.opaque16(state.earlyDataContext);
  writeTime(writer, state.authenticatedAtMs);
  writeTime(writer, state.expiresAtMs);
  writer.opaque8(state.judgement);
  writer.vector(2, () => {
    for (const certificate of state.peerCertificates) writer.opaque16(certificate);
  });
  return writer.finish();
}

/** Decode the state; undefined for bytes in another format. */
export function decodeTicketState(bytes: Uint8Array): TicketState | undefined {
  try {
    return readTicketState(new MessageReader(bytes));
  } catch (error) {
    if (error instanceof TlsAlert) return undefined;
    throw error;
  }
}

function readTicketState(reader: MessageReader): TicketState | undefined {
  if (reader.u8() !== FORMAT) return undefined;
  const state = {
    suite: reader.u16(),
    psk: reader.opaque8(1),
    issuedAtMs: readTime(reader),
    ageAdd: reader.u32(),
    serverName: latin1FromBytes(reader.opaque16()),
    alpn: latin1FromBytes(reader.opaque8()),
    certificate: reader.opaque8(),
    earlyData: reader.u8() === 1,
    earlyDataContext: reader.opaque16(),
    authenticatedAtMs: readTime(reader),
    expiresAtMs: readTime(reader),
    judgement: reader.opaque8(),
    peerCertificates: readChain(new MessageReader(reader.opaque16())),
  };
  reader.finish();
  return state;
}

function readChain(reader: MessageReader): Uint8Array[] {
  const chain: Uint8Array[] = [];
  while (!reader.isAtEnd) chain.push(reader.opaque16(1));
  return chain;
}

const FORMAT = 3;
