import type { FuzzTarget } from './target.ts';

/** The first bytes of an input that reaches a defect. Each opens another branch, so that mutation finds one after the other. */
const DOORS = [0x40, 0x7f, 0x80];

/** Number of these bytes that an input begins with. */
function doorsOf(input: Uint8Array): number {
  if (input[0] !== DOORS[0]) return 0;
  if (input[1] !== DOORS[1]) return 1;
  if (input[2] !== DOORS[2]) return 2;
  return 3;
}

function planted(name: string, defect: () => void): FuzzTarget {
  return {
    name,
    weight: 1,
    run(input) {
      if (doorsOf(input) === 3) defect();
    },
    seeds: () => [new Uint8Array(4)],
  };
}

/** Targets with known defects, for the test that `pnpm fuzz --targets tools/fuzz/planted.ts` finds and reports them. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  planted('sound', () => {}),
  planted('planted-throw', () => {
    throw new Error('a planted defect');
  }),
  planted('planted-loop', () => {
    for (;;);
  }),
];
