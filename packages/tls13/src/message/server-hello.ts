import { equalBytes, fromHex } from '@tsquic/bytes';
import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { TLS12 } from '../extension/versions.ts';
import { sessionId } from './client-hello.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** ServerHello and HelloRetryRequest, RFC 8446 §4.1.3, §4.1.4. */
export interface ServerHello {
  readonly legacyVersion: number;
  /** 32 bytes; `HELLO_RETRY_RANDOM` makes it a HelloRetryRequest. */
  readonly random: Uint8Array;
  readonly legacySessionIdEcho: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: readonly Extension[];
}

export function encodeServerHello(
  hello: Omit<ServerHello, 'legacyVersion' | 'compressionMethod'>,
): Uint8Array {
  return encodeMessage(MessageType.ServerHello, (writer) => {
    writer.u16(TLS12);
    writer.bytes(hello.random);
    writer.opaque8(hello.legacySessionIdEcho);
    writer.u16(hello.cipherSuite);
    writer.u8(0);
    encodeExtensions(writer, hello.extensions);
  });
}

export function decodeServerHello(body: Uint8Array): ServerHello {
  const reader = new MessageReader(body);
  const hello = {
    legacyVersion: reader.u16(),
    random: reader.take(32),
    legacySessionIdEcho: sessionId(reader),
    cipherSuite: reader.u16(),
    compressionMethod: reader.u8(),
    extensions: reader.isAtEnd ? [] : decodeExtensions(reader),
  };
  reader.finish();
  return hello;
}

export function isHelloRetryRequest(hello: ServerHello): boolean {
  return equalBytes(hello.random, HELLO_RETRY_RANDOM);
}

/** SHA-256 of "HelloRetryRequest", RFC 8446 §4.1.3. */
export const HELLO_RETRY_RANDOM: Uint8Array = fromHex(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
);
