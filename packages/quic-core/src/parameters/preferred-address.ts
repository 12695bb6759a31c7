import { ByteReader, ByteWriter } from '@tsquic/bytes';
import type { IssuedId } from '../ids/registry.ts';
import { MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';
import type { Address } from '../path/address.ts';
import { bytesOfIp, textOfIp } from '../path/ip.ts';
import type { PreferredAddress } from '../path/preferred-address.ts';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** Offset of the connection ID, after two addresses with their ports and the length of the ID. */
const ID_AT = IPV4_BYTES + 2 + IPV6_BYTES + 2 + 1;

/** The value of preferred_address; an absent family is written as zeros. RFC 9000 §18.2 */
export function encodePreferredAddress({ ipv4, ipv6 }: PreferredAddress, id: IssuedId): Uint8Array {
  const bytes = new Uint8Array(ID_AT + id.connectionId.length + RESET_TOKEN_LENGTH);
  const writer = new ByteWriter(bytes);
  for (const [address, length] of [
    [ipv4, IPV4_BYTES],
    [ipv6, IPV6_BYTES],
  ] as const) {
    writer.bytes((address === undefined ? undefined : bytesOfIp(address.ip)) ?? new Uint8Array(length));
    writer.u16(address?.port ?? 0);
  }
  writer.u8(id.connectionId.length);
  writer.bytes(id.connectionId);
  writer.bytes(id.resetToken);
  return bytes;
}

/** Whether the value has the only length that is valid. RFC 9000 §18.2 */
export function isPreferredAddress(value: Uint8Array): boolean {
  const idLength = value[ID_AT - 1] ?? 0;
  if (idLength < 1 || idLength > MAX_CONNECTION_ID_LENGTH) return false;
  return value.length === ID_AT + idLength + RESET_TOKEN_LENGTH;
}

/** The addresses in a valid value. A family whose address or port is zero is absent. */
export function decodePreferredAddress(value: Uint8Array): PreferredAddress {
  const reader = new ByteReader(value);
  const next = (length: number): Address | undefined => {
    const ip = reader.copy(length);
    const port = reader.u16();
    return port === 0 || ip.every((byte) => byte === 0) ? undefined : { ip: textOfIp(ip), port };
  };
  const ipv4 = next(IPV4_BYTES);
  return { ipv4, ipv6: next(IPV6_BYTES) };
}

/** The connection ID of the value, with sequence number 1, and its reset token. RFC 9000 §5.1.1 */
export function preferredId(value: Uint8Array): IssuedId {
  const tokenAt = value.length - RESET_TOKEN_LENGTH;
  return { connectionId: value.slice(ID_AT, tokenAt), resetToken: value.slice(tokenAt) };
}
