import { QuicUsageError } from '../errors/usage-error.ts';
import { type Version, VERSION_1, versionById } from './versions.ts';

/**
 * The versions that a program names, in its order; all supported ones when it names none. Throws
 * `QuicUsageError` for others.
 */
export function chosenVersions(
  spoken: readonly Version[],
  ids: readonly number[] | undefined,
): readonly Version[] {
  if (ids === undefined) return spoken;
  if (!Array.isArray(ids) || ids.length === 0)
    throw new QuicUsageError('invalid-option', 'versions must be a list of at least one version');
  const chosen = ids.map((id) => versionById(spoken, id));
  for (const [index, version] of chosen.entries())
    if (version === undefined || chosen.indexOf(version) !== index)
      throw new QuicUsageError(
        'invalid-option',
        `versions must name some of ${spoken.map(({ id }) => `0x${id.toString(16)}`).join(', ')}, each once, not ${ids[index]}${ids[index] === 2 ? `: ${NUMBER_OF_VERSION_2}` : ''}`,
      );
  return chosen as Version[];
}

/**
 * The version that a client begins with: the one that the program names, else that of the session to be
 * resumed, which the server expects to support later as well (RFC 9369 §6), else the preferred one. An
 * unsupported version is sent in the format of version 1, and shows how the server negotiates. Throws
 * `QuicUsageError` for an invalid version.
 */
export function firstVersion(
  versions: readonly Version[],
  id: number | undefined,
  sessionVersion?: number,
): Version {
  if (id === undefined) {
    const resumed = sessionVersion === undefined ? undefined : versionById(versions, sessionVersion);
    return resumed ?? versions[0]!;
  }
  if (!Number.isInteger(id) || id < 1 || id > 0xffff_ffff)
    throw new QuicUsageError('invalid-option', `version ${id} is not a number of 32 bits above 0`);
  if (id === 2) throw new QuicUsageError('invalid-option', `version is 2: ${NUMBER_OF_VERSION_2}`);
  return versionById(versions, id) ?? { ...VERSION_1, id, compatibleWith: [] };
}

const NUMBER_OF_VERSION_2 = 'version 2 of QUIC has the number 0x6b3343cf (RFC 9369 §3.1)';
