import { expectEqual, expectThat } from './expectation.ts';
import { eventuallySeen, freshNumber, numbered } from './server.ts';

/** Cases about what a page consists of. */
export const LOADING = {
  page: async () => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    expectEqual('the protocol of the page', navigation?.nextHopProtocol, 'h3');
    expectEqual('the title', document.title, 'tsquic');
  },

  script: async () => {
    const script = document.querySelector('script')?.src ?? '';
    expectEqual('the protocol of the script', protocolOf(script), 'h3');
    const numbers = [location.href, script].map((url) => new URL(url).searchParams.get('number') ?? '');
    const [page, loaded] = await Promise.all(
      numbers.map((number) => eventuallySeen('the page', number, () => true)),
    );
    expectEqual('the connection of the script', loaded?.connection, page?.connection);
  },

  fetch: async () => {
    const number = freshNumber();
    const url = numbered('/hello', number);
    const response = await fetch(url, { headers: { 'x-from': 'page' } });
    expectEqual('the status', response.status, 200);
    expectEqual('a field of the server', response.headers.get('x-server'), 'tsquic');
    expectEqual('the content', await response.text(), 'Hello');
    expectEqual('the protocol', protocolOf(new URL(url, location.href).href), 'h3');
    const { fields } = await eventuallySeen('the request', number, () => true);
    expectEqual('a field of the page', fields['x-from'], 'page');
  },

  modules: async () => {
    const { sum } = (await import(new URL('/module/60.js', location.href).href)) as { sum: number };
    expectEqual('what the modules count', sum, 1830);
  },

  image: async () => {
    const image = new Image();
    image.src = '/image.svg';
    await image.decode();
    expectEqual('its size', [image.naturalWidth, image.naturalHeight], [70, 50]);
    expectEqual('its protocol', protocolOf(image.src), 'h3');
  },

  priorities: async () => {
    const urgencies = await Promise.all(
      (['high', 'low'] as const).map(async (priority) => {
        const number = freshNumber();
        await fetch(numbered('/hello', number), { priority });
        const { fields } = await eventuallySeen('the request', number, () => true);
        return urgencyOf(fields['priority'] ?? '');
      }),
    );
    const [high = 0, low = 0] = urgencies;
    expectThat(high < low, `urgency ${high} of the more urgent fetch, ${low} of the other`);
  },
};

/** RFC 9218 §4.1 */
function urgencyOf(priority: string): number {
  return Number(/(?:^|[, ])u=(\d)/.exec(priority)?.[1] ?? 3);
}

function protocolOf(url: string): string | undefined {
  const [entry] = performance.getEntriesByName(url, 'resource') as PerformanceResourceTiming[];
  return entry?.nextHopProtocol;
}
