import { expectEqual, expectThat } from './expectation.ts';
import { eventuallySeen, freshNumber, numbered } from './server.ts';

/** Cases about the heads of requests and responses. */
export const MESSAGES = {
  head: async () => {
    const response = await fetch('/bytes?length=1000', { method: 'HEAD' });
    expectEqual('the length that is told', response.headers.get('content-length'), '1000');
    expectEqual('the content', (await response.arrayBuffer()).byteLength, 0);
  },

  statuses: async () => {
    const wanted = [204, 205, 304, 404, 410, 500, 503];
    const statuses = await Promise.all(
      wanted.map(async (status) => (await fetch(`/status?code=${status}`, { cache: 'no-store' })).status),
    );
    expectEqual('the statuses', statuses, wanted);
  },

  methods: async () => {
    const wanted = ['PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    const methods = await Promise.all(
      wanted.map(async (method) => {
        const number = freshNumber();
        await fetch(numbered('/hello', number), { method });
        return (await eventuallySeen(method, number, () => true)).method;
      }),
    );
    expectEqual('the methods', methods, wanted);
  },

  redirects: async () => {
    const outcomes = await Promise.all(
      [301, 302, 307, 308].map(async (status) => {
        const to = encodeURIComponent('/method');
        const response = await fetch(`/redirect?status=${status}&to=${to}`, { method: 'POST', body: 'body' });
        return `${status} ${await response.text()}`;
      }),
    );
    expectEqual('what came of POST', outcomes, ['301 GET ', '302 GET ', '307 POST body', '308 POST body']);
  },

  'many-fields': async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 120 }, (_, index) => [`x-field-${index}`, `${index} `.padEnd(100, 'v')]),
    );
    for (let turn = 0; turn < 2; turn++) {
      const number = freshNumber();
      const response = await fetch(numbered('/fields?count=120&size=100', number), { headers: fields });
      const came = [...response.headers].filter(([name]) => name.startsWith('x-sent-'));
      expectEqual('the fields of the response', came.length, 120);
      expectThat(
        came.every(([, value]) => value.length === 100),
        'a field of the response is cut',
      );
      const { fields: seen } = await eventuallySeen('the request', number, () => true);
      const arrived = Object.entries(fields).filter(([name, value]) => seen[name] === value);
      expectEqual('the fields of the request', arrived.length, 120);
    }
  },

  'large-field': async () => {
    const number = freshNumber();
    const value = 'large'.repeat(2400);
    const response = await fetch(numbered('/fields?count=1&size=12000', number), {
      headers: { 'x-large': value },
    });
    expectEqual('its length in the response', response.headers.get('x-sent-0')?.length, 12_000);
    const { fields } = await eventuallySeen('the request', number, () => true);
    expectThat(fields['x-large'] === value, 'the field of the request differs');
  },

  'too-many-fields': async () => {
    const response = await fetch('/hello', { headers: { 'x-large': 'large'.repeat(20_000) } });
    expectEqual('the status', response.status, 431);
  },

  cookies: async () => {
    await fetch('/cookies');
    const names = (text: string): string[] =>
      text
        .split('; ')
        .filter((pair) => pair.startsWith('bench-'))
        .sort();
    const wanted = ['bench-a=1', 'bench-b=2', 'bench-c=3'];
    expectEqual('what the page has', names(document.cookie), wanted);
    const number = freshNumber();
    await fetch(numbered('/hello', number));
    const { fields } = await eventuallySeen('the request', number, () => true);
    expectEqual('what the server gets', names(fields['cookie'] ?? ''), wanted);
  },

  trailers: async () => {
    const response = await fetch('/trailers');
    expectEqual('the content', await response.text(), 'content before trailers');
    expectEqual('a trailer among the fields', response.headers.get('x-trailer'), null);
  },

  'interim-response': async () => {
    const response = await fetch('/interim');
    expectEqual('the status', response.status, 200);
    expectEqual('the content', await response.text(), 'final');
  },
};
