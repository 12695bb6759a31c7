import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '@tsquic/bytes';
import { type DecodedSection, QpackCode, QpackDecoder, QpackEncoder, QpackError } from '@tsquic/qpack';
import { covers } from '@tsquic/testing';
import { CORPUS, hasCorpus, readBlocks } from './corpus.ts';

const { DecompressionFailed, EncoderStreamError, DecoderStreamError } = QpackCode;

/** The code of the QpackError that `act` throws; 'none' when it throws nothing. */
function codeOf(act: () => unknown): number | 'none' {
  try {
    act();
    return 'none';
  } catch (error) {
    if (error instanceof QpackError) return error.code;
    throw error;
  }
}

/** A decoder with a table of 220 bytes, in which are two entries of 57 and 49 bytes: those of RFC 9204 §B.2. */
function filled(): QpackDecoder {
  const decoder = new QpackDecoder({ maxTableCapacity: 220, maxBlockedStreams: 1, maxFieldSectionSize: 200 });
  decoder.onEncoderStream(fromHex('3fbd01 c00f7777772e6578616d706c652e636f6d c10c2f73616d706c652f70617468'));
  return decoder;
}

describe('field sections that end the connection', () => {
  test.each([
    ['no prefix', '', []],
    ['half a prefix', '00', []],
    ['an insert count that never ends', 'ff', ['rfc9204-4.5.1.1-1']],
    ['an insert count beyond twice the entries', '0d00', ['rfc9204-4.5.1.1-1']],
    ['an insert count out of reach of what was inserted', '0a00', ['rfc9204-4.5.1.1-1']],
    ['a Base that is cut short', '00ff', []],
    ['a negative Base', '0081', ['rfc9204-4.5.1.2-1', 'rfc9204-4.5.1.2-2']],
    ['a Base one below zero', '0382', ['rfc9204-4.5.1.2-1', 'rfc9204-4.5.1.2-2']],
    ['an entry although none is required', '000080', ['rfc9204-2.2.1-2', 'rfc9204-2.2.3-1']],
    ['an entry above those required', '028010 11', ['rfc9204-2.2.1-2', 'rfc9204-2.2.3-1']],
    ['an entry before the first one', '030082', ['rfc9204-2.2.3-1']],
    ['a name that is not in the table', '03004200', ['rfc9204-2.2.3-1']],
    ['a static index of 99', '0000ff24', ['rfc9204-3.1-1']],
    ['a static name of 99', '00005f5400', ['rfc9204-3.1-1']],
    ['a static index of 62 bits', '0000ffffffffffffffffff3f', ['rfc9204-3.1-1']],
    ['an index that is cut short', '0000ff', []],
    ['a name that is cut short', '000027', []],
    ['a value that is cut short', '00005105 2f69', []],
    ['a value that is missing', '000051', []],
    ['EOS in a string', '00005184ffffffff', []],
    ['padding of a whole byte', '000051821fff', []],
  ] as const)('%s', (_title, hex, ids) => {
    covers(...ids);
    expect(codeOf(() => filled().decode(4, fromHex(hex)))).toBe(DecompressionFailed);
  });

  test('references to entries that are gone', () => {
    covers('rfc9204-2.2.3-1');
    const decoder = filled();
    // RFC 9204 §B.3 to §B.5: the fifth entry displaces the first.
    decoder.onEncoderStream(fromHex('4a637573746f6d2d6b65790c637573746f6d2d76616c7565 02'));
    decoder.onEncoderStream(fromHex('810d637573746f6d2d76616c756532'));
    expect(codeOf(() => decoder.decode(4, fromHex('060084')))).toBe(DecompressionFailed);
    expect(decoder.decode(4, fromHex('060083')).kind).toBe('fields');
  });

  test('more blocked streams than were promised', () => {
    covers('rfc9204-2.1.2-2');
    const decoder = filled();
    expect(decoder.decode(4, fromHex('040080')).kind).toBe('blocked');
    expect(codeOf(() => decoder.decode(8, fromHex('040080')))).toBe(DecompressionFailed);
  });
});

describe('field sections that end their stream', () => {
  const kindOf = (hex: string): DecodedSection['kind'] => filled().decode(4, fromHex(hex)).kind;

  test('an integer of more than 62 bits', () => {
    covers('rfc9204-7.4-2');
    expect(kindOf('0000ffffffffffffffffffffff01')).toBe('undecodable');
    expect(kindOf('00001fffffffffffffffffffff01')).toBe('undecodable');
  });

  test('200 bytes may be stored, with 32 for each line, and not one more', () => {
    covers('rfc9204-7.4-1');
    const literal = (length: number): string => `000021617f${(length - 127).toString(16).padStart(2, '0')}`;
    expect(kindOf(`${literal(167)}${'62'.repeat(167)}`)).toBe('fields');
    expect(kindOf(`${literal(168)}${'62'.repeat(168)}`)).toBe('too-large');
    expect(kindOf(`0000${'d9'.repeat(4)}`)).toBe('fields');
    expect(kindOf(`0000${'d9'.repeat(5)}`)).toBe('too-large');
    expect(kindOf(`0300${'80'.repeat(4)}`)).toBe('fields');
    expect(kindOf(`0300${'80'.repeat(5)}`)).toBe('too-large');
  });

  test('a string that is too long is refused by its length, before it is there', () => {
    expect(kindOf('000021617fff7f')).toBe('too-large');
    expect(kindOf('000027ff7f')).toBe('too-large');
    expect(kindOf('00002161ffff7f')).toBe('too-large');
  });

  test('a coded string counts as what it expands to', () => {
    // 200 characters of five bits are 125 bytes.
    expect(kindOf(`00002161fd${'00'.repeat(125)}`)).toBe('too-large');
    expect(kindOf(`00002161d0${'00'.repeat(80)}`)).toBe('fields');
  });
});

describe('instructions of an encoder that end the connection', () => {
  test.each([
    ['a capacity above the limit', '3fbe01', ['rfc9204-4.3.1-2']],
    ['a capacity of 62 bits', '3fffffffffffffffff3f', ['rfc9204-4.3.1-2']],
    ['a capacity of more than 62 bits', '3fffffffffffffffffffff01', ['rfc9204-4.3.1-2', 'rfc9204-7.4-2']],
    ['a duplicate of an entry before the first one', '02', ['rfc9204-2.2.3-2']],
    ['a name before the first one', '8200', ['rfc9204-2.2.3-2']],
    ['a duplicate of 62 bits', '1fffffffffffffffff3f', ['rfc9204-2.2.3-2']],
    ['a static name of 99', 'ff2400', ['rfc9204-3.1-2']],
    ['a static name of 62 bits', 'ffffffffffffffffff3f00', ['rfc9204-3.1-2']],
    ['a value that does not fit, by its length', 'c07f3d', ['rfc9204-3.2.2-2']],
    ['a name that does not fit, by its length', '5fffff01', ['rfc9204-3.2.2-2', 'rfc9204-7.4-2']],
    [
      'name and value that do not fit together',
      `5f4a${'61'.repeat(105)}7f05${'62'.repeat(132)}`,
      ['rfc9204-3.2.2-2'],
    ],
    ['a coded value that does not fit', `c0fd${'00'.repeat(125)}`, ['rfc9204-3.2.2-2']],
    ['EOS in a string', 'c084ffffffff', []],
  ] as const)('%s', (_title, hex, ids) => {
    covers(...ids);
    const decoder = filled();
    expect(codeOf(() => decoder.onEncoderStream(fromHex(hex)))).toBe(EncoderStreamError);
  });

  test('an entry that was evicted is not there', () => {
    covers('rfc9204-2.2.3-2');
    const decoder = filled();
    decoder.onEncoderStream(fromHex('20 3fbd01'));
    expect(codeOf(() => decoder.onEncoderStream(fromHex('00')))).toBe(EncoderStreamError);
  });

  test('any entry is larger than a table without capacity', () => {
    covers('rfc9204-3.2.2-2');
    const decoder = new QpackDecoder({ maxTableCapacity: 220 });
    expect(codeOf(() => decoder.onEncoderStream(fromHex('410000')))).toBe(EncoderStreamError);
    const closed = new QpackDecoder();
    expect(codeOf(() => closed.onEncoderStream(fromHex('20')))).toBe('none');
    expect(codeOf(() => closed.onEncoderStream(fromHex('21')))).toBe(EncoderStreamError);
  });
});

describe('instructions of a decoder that end the connection', () => {
  /** An encoder that has inserted one entry and sent one section with it, on stream 4. */
  function used(): QpackEncoder {
    const encoder = new QpackEncoder();
    encoder.onSettings({ maxTableCapacity: 4096, maxBlockedStreams: 10 });
    for (const streamId of [0, 4])
      encoder.encode(streamId, [{ name: 'x-one', value: 'a value of some length' }]);
    expect(encoder.takeInstructions().length).toBeGreaterThan(3);
    return encoder;
  }

  test.each([
    ['an increment of zero', '00', ['rfc9204-4.4.3-1']],
    ['an increment beyond what was inserted', '02', ['rfc9204-4.4.3-1']],
    ['an increment after the acknowledgement of all', '84 01', ['rfc9204-4.4.3-1']],
    ['an increment of more than 62 bits', '3fffffffffffffffffffff01', ['rfc9204-7.4-2']],
    ['an acknowledgement of a stream without references', '80', ['rfc9204-4.4.1-1']],
    ['a second acknowledgement', '84 84', ['rfc9204-4.4.1-1']],
    ['an acknowledgement after a cancellation', '44 84', ['rfc9204-4.4.1-1']],
  ] as const)('%s', (_title, hex, ids) => {
    covers(...ids);
    expect(codeOf(() => used().onDecoderStream(fromHex(hex)))).toBe(DecoderStreamError);
  });

  test.each([
    ['an acknowledgement', '84'],
    ['a cancellation', '44'],
    ['a cancellation of a stream without references', '48'],
    ['an increment and an acknowledgement', '01 84'],
  ])('%s is none', (_title, hex) => {
    expect(codeOf(() => used().onDecoderStream(fromHex(hex)))).toBe('none');
  });
});

/** What each input of the corpus ends in; two of them are none that RFC 9204 forbids: static entries 0 and 62. */
const ERRORS: readonly (readonly [name: string, code: number | 'none'])[] = [
  ...(['err1', 'err2', 'err3', 'err4', 'err5', 'err6', 'err7', 'err8'] as const).map(
    (name) => [name, DecompressionFailed] as const,
  ),
  ['err9', 'none'],
  ['err10', 'none'],
  ['err11', EncoderStreamError],
  ['err12', EncoderStreamError],
];

if (hasCorpus()) {
  test.each(ERRORS)('%s of the corpus', (name, code) => {
    const path = join(CORPUS, 'errors', name);
    expect(existsSync(path)).toBe(true);
    const decoder = new QpackDecoder({ maxTableCapacity: 4096, maxBlockedStreams: 100 });
    const run = (): void => {
      for (const { streamId, bytes } of readBlocks(path))
        if (streamId === 0) decoder.onEncoderStream(bytes);
        else decoder.decode(streamId, bytes);
    };
    expect(codeOf(run)).toBe(code);
  });
} else {
  test.skip(`${CORPUS}errors: not there`, () => expect(hasCorpus()).toBe(true));
}
