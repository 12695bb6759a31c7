import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { answerFileRequest, type FileAnswer } from './file-answer.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'tsquic-answer-')));
const root = join(base, 'root');
mkdirSync(join(root, 'sub'), { recursive: true });
mkdirSync(join(root, 'list', 'a"b'), { recursive: true });
writeFileSync(join(root, 'a.txt'), '0123456789');
writeFileSync(join(root, 'page.html'), '<p>');
writeFileSync(join(root, 'unknown'), 'x');
writeFileSync(join(root, 'empty'), '');
writeFileSync(join(root, 'sub', 'index.html'), '<h1>');
writeFileSync(join(root, 'list', '<x>.js'), '');
writeFileSync(join(root, 'list', '.hidden'), '');
writeFileSync(join(base, 'secret'), 'secret');
utimesSync(join(root, 'a.txt'), 1_700_000_000, 1_700_000_000);
afterAll(() => rmSync(base, { recursive: true }));

const MODIFIED = 'Tue, 14 Nov 2023 22:13:20 GMT';
const ETAG = '"a-18bcfe56800"';

async function ask(
  path: string,
  fields: Record<string, string> = {},
  method = 'GET',
): Promise<Omit<FileAnswer, 'content'> & { text: string | undefined }> {
  const { content, ...answer } = await answerFileRequest(root, { method, path, fields });
  if (content === undefined) return { ...answer, text: undefined };
  const bytes = Buffer.alloc(Math.min(content.size, 1000));
  const { bytesRead } = await content.handle.read(bytes, 0, bytes.length, 0);
  await content.handle.close();
  return { ...answer, text: bytes.toString('utf8', 0, bytesRead) };
}

describe('a file', () => {
  test('comes with its type, its length and what conditions can name', async () => {
    expect(await ask('/a.txt?query')).toEqual({
      status: 200,
      fields: {
        ...{ 'content-type': 'text/plain; charset=utf-8', 'accept-ranges': 'bytes', 'content-length': '10' },
        ...{ etag: ETAG, 'last-modified': MODIFIED },
      },
      text: '0123456789',
    });
    expect((await ask('/page.html')).fields['content-type']).toBe('text/html; charset=utf-8');
    expect((await ask('/unknown')).fields['content-type']).toBe('application/octet-stream');
  });

  test('is told of without content by HEAD', async () => {
    const { status, fields, text } = await ask('/a.txt', {}, 'HEAD');
    expect([status, fields['content-length'], text]).toEqual([200, '10', undefined]);
  });

  test.each(['POST', 'PUT', 'DELETE', 'CONNECT'])('is for no %s', async (method) => {
    expect(await ask('/a.txt', {}, method)).toMatchObject({ status: 405, fields: { allow: 'GET, HEAD' } });
  });

  test.each([
    ['bytes=0-3', 206, 'bytes 0-3/10', '0123'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-2', 206, 'bytes 8-9/10', '89'],
    ['bytes=5-100', 206, 'bytes 5-9/10', '56789'],
    ['bytes=10-', 416, 'bytes */10', undefined],
    ['bytes=0-1,4-5', 200, undefined, '0123456789'],
    ['bytes=5-2', 200, undefined, '0123456789'],
    ['lines=0-1', 200, undefined, '0123456789'],
    ['nonsense', 200, undefined, '0123456789'],
  ])('in part: %s', async (range, status, told, text) => {
    const answer = await ask('/a.txt', { range });
    expect([answer.status, answer.fields['content-range'], answer.text]).toEqual([status, told, text]);
    if (status === 206) expect(answer.fields['content-length']).toBe(String(text?.length));
  });

  test('that is empty has no part that could be missing', async () => {
    expect(await ask('/empty', { range: 'bytes=0-' })).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    [{ 'if-none-match': ETAG }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': MODIFIED }, 304],
    [{ 'if-modified-since': 'Mon, 13 Nov 2023 22:13:20 GMT' }, 200],
    [{ 'if-none-match': '"other"', 'if-modified-since': MODIFIED }, 200],
    [{ range: 'bytes=0-1', 'if-range': ETAG }, 206],
    [{ range: 'bytes=0-1', 'if-range': '"other"' }, 200],
    [{ range: 'bytes=0-1', 'if-range': MODIFIED }, 206],
  ])('under the conditions %j: %i', async (fields, status) => {
    expect((await ask('/a.txt', fields as Record<string, string>)).status).toBe(status);
  });
});

describe('a directory', () => {
  test('is its index.html', async () => {
    expect(await ask('/sub/')).toMatchObject({ status: 200, text: '<h1>' });
  });

  test('gets the slash that relative links need', async () => {
    expect(await ask('/sub?x')).toMatchObject({ status: 301, fields: { location: './sub/' } });
  });

  test('is listed, directories first, with names that are no markup, and without hidden files', async () => {
    const { status, fields, text } = await ask('/list/');
    expect([status, fields['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text?.match(/<li>.*<\/li>/g)).toEqual([
      '<li><a href="./../">../</a></li>',
      '<li><a href="./a%22b/">a&#34;b/</a></li>',
      '<li><a href="./%3Cx%3E.js">&#60;x&#62;.js</a></li>',
    ]);
    expect((await ask('/')).text).not.toContain('../');
  });
});

test.each(['/missing', '/a.txt/', '/../secret', '/%2e%2e/secret', '/list/../a.txt', '//a.txt', '*', ''])(
  'what is not served: %j',
  async (path) => {
    expect(await ask(path)).toEqual({ status: 404, fields: { 'content-length': '0' }, text: undefined });
  },
);

test('digits that name no file are as many zeros', async () => {
  expect(await ask('/12', { range: 'bytes=4-6' })).toMatchObject({ status: 206, text: '\0\0\0' });
  expect((await ask('/999999999999')).fields['content-length']).toBe('999999999999');
});
