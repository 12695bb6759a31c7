import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type QlogDirectory, qlogDirectoryFor } from './qlog-directory.ts';

const base = mkdtempSync(join(tmpdir(), 'tsquic-qlog-'));
afterAll(() => rmSync(base, { recursive: true }));

const ADDRESS = { ip: '127.0.0.1', port: 1 };

/** A connection of a server that begins and ends; its client chose the ID. */
function live(qlog: QlogDirectory, connection: number, logId: string): void {
  qlog.tracer.onConnectionStarted?.(connection, false, logId, 1, ADDRESS, ADDRESS, 0);
  qlog.tracer.onConnectionForgotten?.(connection, 1);
}

test('files are for their owner alone', () => {
  const directory = join(base, 'new');
  const qlog = qlogDirectoryFor(directory, {})!;
  live(qlog, 1, 'abcd');
  qlog.close();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'abcd_server.sqlog')).mode & 0o777).toBe(0o600);
});

test('a client that chooses the ID of another overwrites nothing, nor what a link leads to', () => {
  const directory = join(base, 'twice');
  const victim = join(base, 'victim');
  writeFileSync(victim, 'precious');
  const qlog = qlogDirectoryFor(directory, {})!;
  live(qlog, 1, 'abcd');
  const before = readFileSync(join(directory, 'abcd_server.sqlog'), 'utf8');
  expect(before).toContain('abcd');
  symlinkSync(victim, join(directory, 'beef_server.sqlog'));
  for (const id of ['abcd', 'abcd', 'beef']) live(qlog, 2, id);
  expect(readFileSync(join(directory, 'abcd_server.sqlog'), 'utf8')).toBe(before);
  expect(readFileSync(victim, 'utf8')).toBe('precious');
  expect(readdirSync(directory).filter((name) => name.startsWith('abcd_server'))).toHaveLength(3);
  expect(readdirSync(directory).every((name) => name.endsWith('.sqlog'))).toBe(true);
});

test('connections hold no descriptors', () => {
  const qlog = qlogDirectoryFor(join(base, 'many'), {})!;
  const before = readdirSync('/dev/fd').length;
  for (let i = 0; i < 500; i++) qlog.tracer.onConnectionStarted?.(i, false, `c${i}`, 1, ADDRESS, ADDRESS, 0);
  expect(readdirSync('/dev/fd').length - before).toBeLessThan(10);
  qlog.close();
  expect(readdirSync(join(base, 'many'))).toHaveLength(500);
  expect(readFileSync(join(base, 'many', 'c499_server.sqlog'), 'utf8')).toContain('c499');
});
