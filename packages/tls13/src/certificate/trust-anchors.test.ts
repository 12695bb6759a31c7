import { expect, test } from '@jest/globals';
import { pemDer } from '../../test/handshake-pair.ts';
import { readOutline } from './outline.ts';
import { TrustAnchors } from './trust-anchors.ts';

const CERTIFICATE = pemDer('p256.cert');
/** A certificate with the same subject that differs in its last byte, which is part of the signature. */
const NAMESAKE = Uint8Array.from(CERTIFICATE, (byte, i) => (i === CERTIFICATE.length - 1 ? byte ^ 1 : byte));

test('anchors of one name are all known, each once', () => {
  const { subject } = readOutline(CERTIFICATE);
  const anchors = new TrustAnchors([CERTIFICATE, NAMESAKE, CERTIFICATE]);
  expect(anchors.count).toBe(3);
  expect(anchors.named(subject).map(({ der }) => der)).toEqual([CERTIFICATE, NAMESAKE]);
  expect(anchors.named(new Uint8Array(2))).toEqual([]);
  expect(anchors.names).toEqual([subject, subject, subject]);
});

test('the very certificate is trusted, not one that shares its name', () => {
  const anchors = new TrustAnchors([CERTIFICATE]);
  expect([anchors.has(readOutline(CERTIFICATE)), anchors.has(readOutline(NAMESAKE))]).toEqual([true, false]);
});

test('an anchor that is no certificate is named by its place', () => {
  expect(() => new TrustAnchors([CERTIFICATE, Uint8Array.of(1, 2)])).toThrow('trust anchor 1 is not');
});

test('an anchor is parsed once', () => {
  const anchors = new TrustAnchors([CERTIFICATE]);
  const [outline] = anchors.named(readOutline(CERTIFICATE).subject);
  expect(anchors.parsed(outline!)).toBe(anchors.parsed(outline!));
});
