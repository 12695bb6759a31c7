/**
 * What the judgement of one chain has cost, in counted units: whatever a stranger sends, the sum is bounded, and the
 * same bytes cost the same on every machine.
 */
export class Work {
  /** Signature checks; a check by a large key counts for several by a P-256 key. */
  signatures = 0;
  /** Comparisons of names, or of parts of names, of up to 64 bytes each. */
  comparisons = 0;
  /** Elements of DER that were read. */
  elements = 0;
  /** Certificates that were tried as the next one of a path. */
  branches = 0;

  /** Count `units` more, before they are done. Throws a `BudgetSpent` when that is too many. */
  spend(kind: WorkKind, units: number): void {
    this[kind] += units;
    if (this[kind] > WORK_LIMITS[kind]) throw new BudgetSpent(kind);
  }
}

export type WorkKind = 'signatures' | 'comparisons' | 'elements' | 'branches';

/** A chain asks for more work than any honest one does. */
export class BudgetSpent extends Error {
  constructor(kind: WorkKind) {
    super(`judging the certificates would take more than ${WORK_LIMITS[kind]} ${NAMES[kind]}`);
    this.name = 'BudgetSpent';
  }
}

/** The most that one chain may cost. A real one takes fewer than ten signatures and a few hundred of the rest. */
export const WORK_LIMITS: Readonly<Record<WorkKind, number>> = {
  signatures: 64,
  comparisons: 250_000,
  elements: 100_000,
  branches: 1000,
};

const NAMES: Readonly<Record<WorkKind, string>> = {
  signatures: 'signature checks',
  comparisons: 'comparisons of names',
  elements: 'elements of DER',
  branches: 'attempts to extend a path',
};
