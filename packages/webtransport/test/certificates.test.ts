import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createSelfSigned } from 'tsquic/certificates';
import {
  CertificateRotation,
  createHashedCertificate,
  hashesJson,
  hashesSnippet,
  readHashedCertificate,
} from '@tsquic/webtransport/certificates';

const DAY_MS = 86_400_000;

describe('a certificate', () => {
  test('is what browsers take by its hash', async () => {
    const made = await createHashedCertificate();
    expect(made.hash).toEqual(Uint8Array.from(createHash('sha256').update(made.der).digest()));
    const judged = readHashedCertificate(made.certificatePem);
    expect(judged.faults).toEqual([]);
    expect(Math.round((made.notAfter.getTime() - Date.now()) / DAY_MS)).toBe(13);
    expect(readHashedCertificate(made.der).hash).toEqual(made.hash);
  });

  test('of exactly 14 days is taken, and no longer one is made', async () => {
    const made = await createHashedCertificate({ days: 14 });
    expect(readHashedCertificate(made.der).faults).toEqual([]);
    for (const days of [14.01, 15, 0, -1, Number.NaN])
      await expect(createHashedCertificate({ days })).rejects.toMatchObject({
        code: 'ERR_QUIC_INVALID_OPTION',
      });
  });

  test('is judged by every rule', async () => {
    const long = await createSelfSigned({ hosts: ['a'], days: 15 });
    expect(readHashedCertificate(long.certificatePem).faults).toEqual([
      'the certificate is valid for 15 days, and 14 are the most',
    ]);
    const { der } = await createHashedCertificate();
    expect(readHashedCertificate(der, Date.now() + 14 * DAY_MS).faults[0]).toContain('has expired');
    expect(readHashedCertificate(der, Date.now() - DAY_MS).faults[0]).toContain('valid only from');
    expect(() => readHashedCertificate('nothing')).toThrow(/cannot be read/);
  });

  test('is published as JSON, and as source text', async () => {
    const made = await createHashedCertificate();
    expect(JSON.parse(hashesJson([made]))).toEqual([
      { algorithm: 'sha-256', value: Buffer.from(made.hash).toString('base64') },
    ]);
    const numbers = /Uint8Array\.from\(\[([\d, ]+)\]\)/.exec(hashesSnippet([made]))![1]!;
    expect(Uint8Array.from(numbers.split(', ').map(Number))).toEqual(made.hash);
  });
});

describe('a rotation', () => {
  test('shows the certificate that was published before', async () => {
    const told: string[] = [];
    const rotation = await CertificateRotation.begin({ onRotate: (now) => told.push(now.json()) });
    const shown: string[] = [];
    const server = {
      setSecureContext: (identity: object) => void shown.push((identity as { cert: string }).cert),
    };
    const leave = rotation.follow(server);
    const { current, next } = rotation;
    expect(rotation.hashes.map(({ value }) => value)).toEqual(
      [current, next].map(({ hash }) => Buffer.from(hash).toString('base64')),
    );
    await rotation.rotate();
    expect(rotation.current).toBe(next);
    expect(shown).toEqual([current.certificatePem, next.certificatePem]);
    expect(told).toEqual([rotation.json()]);
    leave();
    await rotation.rotate();
    expect(shown).toHaveLength(2);
    rotation.stop();
  });

  test('goes on with the certificates of an earlier process', async () => {
    const first = await CertificateRotation.begin();
    first.stop();
    const second = await CertificateRotation.begin({ before: [first.current, first.next] });
    second.stop();
    expect([second.current, second.next]).toEqual([first.current, first.next]);
    const old = { ...first.current, notAfter: new Date() };
    const third = await CertificateRotation.begin({ before: [old, first.next] });
    third.stop();
    expect(third.current).toBe(first.next);
  });

  test('leaves no gap', async () => {
    for (const rotateAfterDays of [7, 6.5, 0, -1])
      await expect(CertificateRotation.begin({ rotateAfterDays })).rejects.toMatchObject({
        code: 'ERR_QUIC_INVALID_OPTION',
      });
  });
});
