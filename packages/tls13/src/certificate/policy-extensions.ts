import { DerError, DerReader, DerTag } from '@tsquic/bytes/der';
import type { Work } from './work.ts';

/** The object identifier of anyPolicy, hexadecimal: 2.5.29.32.0. */
export const ANY_POLICY = '551d2000';

/** A policy of the issuer's that is equivalent to one of the subject's; object identifiers, hexadecimal. */
export interface PolicyMapping {
  readonly issuerPolicy: string;
  readonly subjectPolicy: string;
}

/** policyConstraints: how many certificates may follow before the constraint applies; undefined for never. */
export interface PolicyConstraints {
  readonly requireExplicit: number | undefined;
  readonly inhibitMapping: number | undefined;
}

/** certificatePolicies, RFC 5280 §4.2.1.4. Throws a DerError. */
export function decodePolicies(
  value: Uint8Array,
  work: Work | undefined,
): { readonly policies: readonly string[]; readonly qualifiersKnown: boolean } {
  const list = nonEmptySequence(value, work, 'certificatePolicies');
  const policies = new Set<string>();
  let qualifiersKnown = true;
  while (!list.isAtEnd) {
    const information = list.enter(DerTag.Sequence);
    const policy = information.identifier();
    // A policy may occur only once. RFC 5280 §4.2.1.4
    if (policies.has(policy)) throw new DerError('a certificate policy stands twice');
    policies.add(policy);
    if (!information.isAtEnd) {
      const qualifiers = information.enter(DerTag.Sequence);
      while (!qualifiers.isAtEnd)
        qualifiersKnown &&= QUALIFIERS.includes(qualifiers.enter(DerTag.Sequence).identifier());
    }
    information.finish();
  }
  return { policies: [...policies], qualifiersKnown };
}

/** policyMappings, RFC 5280 §4.2.1.5. Throws a DerError, also for a mapping to or from anyPolicy (§6.1.4 (a)). */
export function decodePolicyMappings(value: Uint8Array, work: Work | undefined): PolicyMapping[] {
  const list = nonEmptySequence(value, work, 'policyMappings');
  const mappings: PolicyMapping[] = [];
  while (!list.isAtEnd) {
    const mapping = list.enter(DerTag.Sequence);
    const issuerPolicy = mapping.identifier();
    const subjectPolicy = mapping.identifier();
    mapping.finish();
    if (issuerPolicy === ANY_POLICY || subjectPolicy === ANY_POLICY)
      throw new DerError('policyMappings maps anyPolicy');
    mappings.push({ issuerPolicy, subjectPolicy });
  }
  return mappings;
}

/** policyConstraints, RFC 5280 §4.2.1.11. Throws a DerError, also for an empty one. */
export function decodePolicyConstraints(value: Uint8Array): PolicyConstraints {
  const list = nonEmptySequence(value, undefined, 'policyConstraints');
  const requireExplicit = list.nextTag === REQUIRE_EXPLICIT ? list.unsigned(REQUIRE_EXPLICIT) : undefined;
  const inhibitMapping = list.nextTag === INHIBIT_MAPPING ? list.unsigned(INHIBIT_MAPPING) : undefined;
  list.finish();
  return { requireExplicit, inhibitMapping };
}

/** inhibitAnyPolicy, RFC 5280 §4.2.1.14. Throws a DerError. */
export function decodeInhibitAnyPolicy(value: Uint8Array): number {
  const reader = new DerReader(value);
  const count = reader.unsigned();
  reader.finish();
  return count;
}

function nonEmptySequence(value: Uint8Array, work: Work | undefined, name: string): DerReader {
  const outer = new DerReader(value, work);
  const list = outer.enter(DerTag.Sequence);
  outer.finish();
  if (list.isAtEnd) throw new DerError(`${name} is empty`);
  return list;
}

/** CPS pointer and user notice, RFC 5280 §4.2.1.4. */
const QUALIFIERS: readonly string[] = ['2b06010505070201', '2b06010505070202'];
const REQUIRE_EXPLICIT = 0x80;
const INHIBIT_MAPPING = 0x81;
