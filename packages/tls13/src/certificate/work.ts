/**
 * The work that judging one chain has taken, in units that are counted: the sum is bounded, whatever a peer
 * sends, and the same bytes take the same on every machine.
 */
export class Work {
  /** Signature checks; one by a large key counts like several by a P-256 key. */
  signatures = 0;
  /** Comparisons of names, or of parts of names, of up to 64 bytes each. */
  comparisons = 0;
  /** Elements of DER that were read. */
  elements = 0;
  /** Certificates that were tried as the next one of a path. */
  branches = 0;

  /** Count `units` before they are done. Throws a `BudgetSpent` when the limit is exceeded. */
  spend(kind: WorkKind, units: number): void {
    this[kind] += units;
    if (this[kind] > WORK_LIMITS[kind]) throw new BudgetSpent(kind);
  }
}

export type WorkKind = 'signatures' | 'comparisons' | 'elements' | 'branches';

/** Thrown when a chain takes more work than any that a certificate authority issues. */
export class BudgetSpent extends Error {
  constructor(kind: WorkKind) {
    super(`judging the certificates would take more than ${WORK_LIMITS[kind]} ${NAMES[kind]}`);
    this.name = 'BudgetSpent';
  }
}

/**
 * The limits for one chain. A usual one takes fewer than ten signatures and a few hundred units of the rest.
 */
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
