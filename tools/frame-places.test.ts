import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { type FramePlaces, framePlaces, placesIn } from './frame-places.ts';

/** Files that know many frames: type and rules, dispatch, what tracers see, facts. docs/how-to/frame.md walks through them. */
const COMMON = [
  'frame/rules.ts',
  'frame/names.ts',
  'connection/receiver.ts',
  'connection/answered-close.ts',
  'multipath/path-frames.ts',
  'trace/frames.ts',
  'facts/fact-kind.ts',
  'recovery/facts.ts',
];
/** A frame's codec, and at most so many of the common files. */
const MOST_BESIDES_OWNER = 7;

/** Folders that own a frame. The limits of flow control stand apart from the streams that they are for. */
function owners(files: readonly string[]): string[] {
  const own = files.filter((path) => !COMMON.includes(path) && !path.startsWith('frame/'));
  return [...new Set(own.map((path) => path.split('/')[0]!.replace('flow', 'streams')))];
}

function tooMany(places: FramePlaces): string[] {
  const found: string[] = [];
  for (const [frame, files] of places) {
    const besides = files.filter((path) => COMMON.includes(path) || path.startsWith('frame/'));
    if (owners(files).length > 1) found.push(`${frame} has more than one owner: ${owners(files).join(', ')}`);
    if (besides.length > MOST_BESIDES_OWNER) found.push(`${frame} stands in ${besides.join(', ')}`);
  }
  return found;
}

test('a frame has one owner, and few other places in quic-core know it', () => {
  const places = framePlaces(process.cwd());
  expect(places.size).toBeGreaterThan(20);
  expect(places.get('HandshakeDone')).toContain('handshake/handshake.ts');
  expect(tooMany(places)).toEqual([]);
});

/** Sources that know one frame, PLANTED, as its codec, its owner and the common files do; and what else is planted. */
function planted(more: Readonly<Record<string, string>> = {}): readonly ts.SourceFile[] {
  const sources = {
    'frame/rules.ts': 'export const FrameType = { Planted: 0x2a } as const;',
    'facts/fact-kind.ts': 'export const Fact = { Planted: 99 } as const;',
    'frame/planted.ts': 'export const encode = (w) => w.u8(FrameType.Planted);',
    'trace/frames.ts': "export const record = { type: 'planted' };",
    'connection/receiver.ts': 'switch (type) { case FrameType.Planted: break; }',
    'recovery/facts.ts': 'switch (kind) { case Fact.Planted: break; }',
    'gardens/bed.ts': 'packet.addFact(Fact.Planted);',
    ...more,
  };
  return Object.entries(sources).map(([path, text]) =>
    ts.createSourceFile(`packages/quic-core/src/${path}`, text, ts.ScriptTarget.Latest, true),
  );
}

test('every way to name a planted frame is found, comments and words of other rooms are not', () => {
  const files = planted({
    'gardens/soil.ts': "// FrameType.Planted\nexport const state = 'planted';",
  });
  expect(placesIn(files).get('Planted')).toEqual([
    'connection/receiver.ts',
    'facts/fact-kind.ts',
    'frame/planted.ts',
    'frame/rules.ts',
    'gardens/bed.ts',
    'recovery/facts.ts',
    'trace/frames.ts',
  ]);
  expect(tooMany(placesIn(files))).toEqual([]);
});

test('a second owner of a planted frame is found', () => {
  const files = planted({ 'spaces/spaces.ts': 'if (type === FrameType.Planted) forget();' });
  expect(tooMany(placesIn(files))).toEqual(['Planted has more than one owner: gardens, spaces']);
});
