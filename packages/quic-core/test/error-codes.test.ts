import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { TransportCode as Code } from '../src/errors/transport-error.ts';
import { ERROR_CASES, faultOf, meet } from './error-cases.ts';
import { hugeVarint } from './support/frames.ts';

describe('a victim answers with the code of the RFC, or not at all', () => {
  test.each(ERROR_CASES.map((one) => [`${one.victim}: ${one.name}`, covers(...one.ids), one] as const))(
    '%s',
    (_name, _ids, one) => {
      covers('rfc9000-11.1-1', 'rfc9000-11-1', 'rfc9000-11-2');
      expect(faultOf(one)).toBeUndefined();
    },
  );

  test('no two of them are the same', () => {
    const names = ERROR_CASES.map(({ victim, group, name }) => `${victim} ${group} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('a stream ID beyond every limit, whose type is lost with its precision, closes as well', () => {
  const { attacker } = meet('server', Level.Application);
  attacker.send(
    Level.Application,
    concatBytes(Uint8Array.of(0x08), hugeVarint(0x3fff_ffff, 0xffff_fffe), Uint8Array.of(1)),
  );
  expect([Code.StreamLimit, Code.StreamState]).toContain(attacker.closeCode);
});
