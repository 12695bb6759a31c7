import { ByteReader, ByteWriter } from '@tsquic/bytes';
import { parameterError } from '../errors/transport-error.ts';

/**
 * The value of version_information: the Chosen Version and the Available Versions of an endpoint. RFC 9368 §3
 */
export interface VersionInformation {
  readonly chosen: number;
  /** In the order of preference at a client, in any order at a server. */
  readonly available: readonly number[];
}

/** The encoded value of the parameter. */
export function encodeVersionInformation({ chosen, available }: VersionInformation): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(4 + 4 * available.length));
  writer.u32(chosen);
  for (const version of available) writer.u32(version);
  return writer.buffer;
}

/**
 * Decode the parameter. Throws TRANSPORT_PARAMETER_ERROR when the length is not that of a list of versions,
 * and for version 0. RFC 9368 §4
 */
export function decodeVersionInformation(value: Uint8Array): VersionInformation {
  if (value.length < 4 || value.length % 4 !== 0)
    parameterError(`version_information of ${value.length} bytes`);
  const reader = new ByteReader(value);
  const chosen = reader.u32();
  const available: number[] = [];
  while (reader.remaining > 0) available.push(reader.u32());
  if (chosen === 0 || available.includes(0)) parameterError('version_information names version 0');
  return { chosen, available };
}
