/** What a page in a browser is asked to do, in the order of the table: its name for `--case`, and what it is about. */
export const CASES = {
  page: 'a page comes over h3',
  script: 'so does its script, on the same connection',
  fetch: 'fetch over h3, with the fields of both sides',
  'download-50mb': '50 MB arrive, by their checksum',
  'upload-50mb': '50 MB are sent, by their checksum',
  echo: '4 MB come back while they are sent',
  'requests-200': '200 requests at once, each with its own answer',
  'post-stream': 'a POST whose body is a stream, and comes piece by piece',
  head: 'HEAD has fields and no content',
  statuses: '204, 205, 304, 404, 410, 500 and 503 as they are',
  methods: 'PUT, PATCH, DELETE and OPTIONS arrive as such',
  redirects: '301, 302, 307 and 308, with and without the method and the body',
  'many-fields': '120 fields of 100 bytes both ways, the second time by the dynamic table',
  'large-field': 'a field of 12,000 bytes both ways',
  'too-many-fields': '431 for more fields than the server takes',
  cookies: 'three cookies in three lines, and back',
  compressed: 'content in gzip is decoded',
  ranges: '206 with the bytes that were asked for',
  conditional: 'a second fetch is revalidated by its ETag: the server says 304, the page sees 200',
  trailers: 'trailers after the content disturb nobody',
  'interim-response': '103 before the response is not taken for it',
  'early-answer': 'an answer before the request is complete, which is then not read further',
  'reset-response': 'a response that ends in the middle makes fetch reject',
  'cancel-waiting': 'a fetch that is aborted before its answer is cancelled at the server',
  'cancel-content': 'so is one whose body is cancelled in the middle',
  'cancel-upload': 'and one that is aborted while it sends',
  'slow-reader': 'a page that does not read holds the server back, and gets all of it later',
  'event-source': 'server-sent events come one by one',
  xhr: 'XMLHttpRequest tells its progress',
  form: 'a form with a file arrives as multipart/form-data',
  beacon: 'sendBeacon arrives',
  modules: '60 modules that import each other',
  image: 'an image is loaded and decoded',
  priorities: 'the server learns which answers are more urgent',
  going: 'a server that goes completes what it has accepted, and further requests come by another connection',
  closing: 'requests after the server has closed the connection come by another one',
  resumption: 'that other connection resumes the session',
  'wt-session': 'WebTransport: a session with a certificate that is told by its hash',
  'wt-other-hash': 'none with another certificate',
  'wt-refused': 'none where the server says 404',
  'wt-two-sessions': 'two sessions of one page',
  'wt-echo-8mb': '8 MB on one stream, and back',
  'wt-bidirectional-100': '100 streams both ways, opened by the page',
  'wt-unidirectional-100': '100 streams one way, and 100 back',
  'wt-server-streams': '100 streams of each kind, opened by the server',
  'wt-datagrams': 'datagrams of the page, and back',
  'wt-server-datagrams': 'datagrams that the server sends first',
  'wt-datagram-size': 'datagrams of 1000 bytes',
  'wt-reset-by-page': 'the server hears the code of a reset',
  'wt-stop-by-page': 'and that of a stop',
  'wt-reset-by-server': 'the page hears the code of a reset',
  'wt-stop-by-server': 'and that of a stop',
  'wt-close-by-page': 'the server hears code and text of a close',
  'wt-close-by-server': 'so does the page',
  'wt-protocol': 'an application protocol is negotiated',
  'wt-drain': 'a session that is to be drained goes on',
  'wt-page-leaves': 'a page that goes away ends its session',
} as const;

export type CaseName = keyof typeof CASES;

export const CASE_NAMES = Object.keys(CASES) as readonly CaseName[];

/** How a case went. */
export type Outcome = 'passed' | 'failed' | 'unsupported';

/** What a page answers when it was asked to run a case. */
export interface PageAnswer {
  readonly outcome: Outcome;
  /** Why, in one line; '' for what passed. */
  readonly reason: string;
  readonly milliseconds: number;
}
