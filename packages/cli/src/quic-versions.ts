import { Failure } from './failure.ts';

/** Versions of QUIC by their common names. RFC 9000, RFC 9369 */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['1', 0x0000_0001],
  ['2', 0x6b33_43cf],
]);

/**
 * The versions that `--quic-versions` names, the preferred one first; undefined without the option. Throws a
 * `Failure` for others.
 */
export function quicVersionsFor(list: string | undefined): readonly number[] | undefined {
  if (list === undefined) return undefined;
  return list.split(',').map((name, index, names) => {
    const number = NUMBERS.get(name);
    if (number === undefined || names.indexOf(name) !== index)
      throw new Failure('ERR_TSQUIC_USAGE', `--quic-versions ${list}: use 1 and 2, each once, as in 2,1`);
    return number;
  });
}

/** The common name of a version: 1 or 2. */
export function quicVersionName(version: number): number | undefined {
  for (const [name, number] of NUMBERS) if (number === version) return Number(name);
  return undefined;
}
