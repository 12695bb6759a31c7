import { ByteReader, ByteWriter } from '@tsquic/bytes';

const VERSION_LENGTH = 4;

/**
 * A session as a client keeps it, with the version of its connection: it can resume only in that version.
 * RFC 9369 §5
 */
export interface KeptSession {
  readonly version: number;
  /** The session as TLS made it. */
  readonly session: Uint8Array;
}

/** Encode the session for the program to keep. */
export function encodeKeptSession({ version, session }: KeptSession): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(VERSION_LENGTH + session.length));
  writer.u32(version);
  writer.bytes(session);
  return writer.buffer;
}

/** Decode a kept session; bytes in another format become a session that TLS does not accept. */
export function decodeKeptSession(bytes: Uint8Array): KeptSession {
  const reader = new ByteReader(bytes);
  return { version: reader.u32(), session: bytes.subarray(Math.min(VERSION_LENGTH, bytes.length)) };
}
