import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { TLS12 } from '../extension/versions.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** ClientHello, RFC 8446 §4.1.2. */
export interface ClientHello {
  /** 32 bytes. */
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  return encodeMessage(MessageType.ClientHello, (writer) => {
    writer.u16(TLS12);
    writer.bytes(hello.random);
    writer.opaque8(hello.legacySessionId);
    writer.vector(2, () => {
      for (const suite of hello.cipherSuites) writer.u16(suite);
    });
    writer.opaque8(hello.compressionMethods);
    encodeExtensions(writer, hello.extensions);
  });
}

export function decodeClientHello(body: Uint8Array): ClientHello {
  const reader = new MessageReader(body);
  // legacy_version is ignored; the supported versions are in an extension. RFC 8446 §4.2.1
  reader.u16();
  const hello = {
    random: reader.take(32),
    legacySessionId: sessionId(reader),
    cipherSuites: new MessageReader(reader.opaque16(2)).u16List(),
    compressionMethods: reader.opaque8(1),
    // A ClientHello of TLS 1.2 may end here.
    extensions: reader.isAtEnd ? [] : decodeExtensions(reader),
  };
  reader.finish();
  return hello;
}

/** legacy_session_id: at most 32 bytes. */
export function sessionId(reader: MessageReader): Uint8Array {
  const length = reader.u8();
  return reader.take(length > 32 ? Number.POSITIVE_INFINITY : length);
}
