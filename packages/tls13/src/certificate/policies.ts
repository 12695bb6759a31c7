import type { ParsedCertificate } from './parsed-certificate.ts';
import { ANY_POLICY, type PolicyMapping } from './policy-extensions.ts';
import type { Work } from './work.ts';

/**
 * Whether a path has a policy that is valid for all of it, if one of its certificates requires that. RFC 5280
 * §6.1 with any-policy as the policies that the user accepts, and none of the initial inhibitions.
 *
 * With that input, the tree of §6.1.2 is empty exactly when its last level is. So a level is kept as the set
 * of the policies that the next certificate may have, and a tree that grows with every level is never built
 * (RFC 9618).
 *
 * @param path - from the certificate under the anchor to the leaf.
 */
export function hasValidPolicy(path: readonly ParsedCertificate[], work: Work): boolean {
  const state = new PolicyState(path.length, work);
  for (const [at, certificate] of path.entries()) {
    const isLast = at === path.length - 1;
    state.onPolicies(certificate, isLast);
    if (state.mustBeExplicit && state.isEmpty) return false;
    if (isLast) state.onLast(certificate);
    else state.prepareNext(certificate);
  }
  return !state.mustBeExplicit || !state.isEmpty;
}

/** The variables of RFC 5280 §6.1.2 (a), (d), (e), (f). */
class PolicyState {
  /** Policies that the next certificate may have. */
  private expected = new Set<string>([ANY_POLICY]);
  /** Policies of this certificate that are valid. */
  private valid = new Set<string>();
  private explicitIn: number;
  private mappingsFor: number;
  private anyPolicyFor: number;
  private readonly work: Work;

  constructor(length: number, work: Work) {
    this.explicitIn = this.mappingsFor = this.anyPolicyFor = length + 1;
    this.work = work;
  }

  get mustBeExplicit(): boolean {
    return this.explicitIn <= 0;
  }

  get isEmpty(): boolean {
    return this.valid.size === 0;
  }

  /** §6.1.3 (d), (e): the policies of a certificate. */
  onPolicies({ outline, policies = [] }: ParsedCertificate, isLast: boolean): void {
    const { expected } = this;
    this.work.spend('comparisons', policies.length + expected.size);
    const anyIsExpected = expected.has(ANY_POLICY);
    this.valid = new Set(
      policies.filter((policy) => policy !== ANY_POLICY && (anyIsExpected || expected.has(policy))),
    );
    const anyCounts = this.anyPolicyFor > 0 || (!isLast && outline.isSelfIssued);
    if (anyCounts && policies.includes(ANY_POLICY)) for (const policy of expected) this.valid.add(policy);
  }

  /** §6.1.4 (b), (h), (i), (j): what a certificate imposes on the next. */
  prepareNext(certificate: ParsedCertificate): void {
    this.expected = this.mapped(certificate.policyMappings);
    if (!certificate.outline.isSelfIssued) {
      this.explicitIn--;
      this.mappingsFor--;
      this.anyPolicyFor--;
    }
    const { requireExplicit = Infinity, inhibitMapping = Infinity } = certificate.policyConstraints ?? {};
    this.explicitIn = Math.min(this.explicitIn, requireExplicit);
    this.mappingsFor = Math.min(this.mappingsFor, inhibitMapping);
    this.anyPolicyFor = Math.min(this.anyPolicyFor, certificate.inhibitAnyPolicy ?? Infinity);
  }

  /** §6.1.5 (a), (b): the end of the path. */
  onLast({ policyConstraints }: ParsedCertificate): void {
    this.explicitIn--;
    if (policyConstraints?.requireExplicit === 0) this.explicitIn = 0;
  }

  private mapped(mappings: readonly PolicyMapping[]): Set<string> {
    const { valid } = this;
    this.work.spend('comparisons', mappings.length + valid.size);
    const next = new Set(valid);
    for (const { issuerPolicy } of mappings) next.delete(issuerPolicy);
    if (this.mappingsFor <= 0) return next;
    for (const { issuerPolicy, subjectPolicy } of mappings)
      if (valid.has(issuerPolicy) || valid.has(ANY_POLICY)) next.add(subjectPolicy);
    return next;
  }
}
