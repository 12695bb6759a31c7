import { bytesFromLatin1, latin1FromBytes } from '@tsquic/bytes';
import { TlsAlert } from '../alerts.ts';
import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import type { Authentication } from './authentication.ts';
import { readTime, writeTime } from './time.ts';

/** What a client stores of a connection in order to resume it. */
export interface Session extends Authentication {
  /** TLS code point of the suite of the connection. */
  readonly suite: number;
  readonly psk: Uint8Array;
  readonly ticket: Uint8Array;
  readonly receivedAtMs: number;
  readonly lifetimeSeconds: number;
  readonly ageAdd: number;
  readonly serverName: string;
  readonly alpn: string;
  /** Whether the server accepts 0-RTT with this ticket. */
  readonly earlyData: boolean;
  /**
   * The server's quic_transport_parameters of the connection, to whose limits 0-RTT keeps (RFC 9000 §7.4.1).
   */
  readonly transportParameters: Uint8Array;
  /** What the server was judged by: `judgement.ts`. */
  readonly judgement: Uint8Array;
  /** The client's answer to a CertificateRequest (`shown-certificate.ts`); empty when there was none. */
  readonly shownCertificate: Uint8Array;
}

export function encodeSession(session: Session): Uint8Array {
  const writer = new MessageWriter();
  writer.u8(FORMAT);
  writer.u16(session.suite);
  writer.opaque8(session.psk);
  writer.opaque16(session.ticket);
  writeTime(writer, session.receivedAtMs);
  writer.u32(session.lifetimeSeconds);
  writer.u32(session.ageAdd);
  writer.opaque16(bytesFromLatin1(session.serverName));
  writer.opaque8(bytesFromLatin1(session.alpn));
  writer.u8(session.earlyData ? 1 : 0);
  writer.opaque16(session.transportParameters);
  writeTime(writer, session.authenticatedAtMs);
  writeTime(writer, session.expiresAtMs);
  writer.opaque8(session.judgement);
  writer.opaque8(session.shownCertificate);
  return writer.finish();
}

/**
 * Decode the bytes of a `ticket` event; undefined for bytes in another format. A transport that offers 0-RTT
 * reads the remembered `alpn` and `transportParameters` from it.
 */
export function decodeSession(bytes: Uint8Array): Session | undefined {
  try {
    return readSession(new MessageReader(bytes.slice()));
  } catch (error) {
    if (error instanceof TlsAlert) return undefined;
    throw error;
  }
}

function readSession(reader: MessageReader): Session | undefined {
  if (reader.u8() !== FORMAT) return undefined;
  const session = {
    suite: reader.u16(),
    psk: reader.opaque8(1),
    ticket: reader.opaque16(1),
    receivedAtMs: readTime(reader),
    lifetimeSeconds: reader.u32(),
    ageAdd: reader.u32(),
    serverName: latin1FromBytes(reader.opaque16()),
    alpn: latin1FromBytes(reader.opaque8()),
    earlyData: reader.u8() === 1,
    transportParameters: reader.opaque16(),
    authenticatedAtMs: readTime(reader),
    expiresAtMs: readTime(reader),
    judgement: reader.opaque8(1),
    shownCertificate: reader.opaque8(),
  };
  reader.finish();
  return session;
}

const FORMAT = 2;
