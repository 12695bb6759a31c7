/** The error of a request that got no answer, as the platform's `fetch` has it: a TypeError that names its cause. */
export function failedFetch(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

/** The error of an answer that will never be complete. */
export function cutResponse(cause: unknown): TypeError {
  return new TypeError('the response ended early', { cause });
}

/** A request that its server did not process, so that it may be sent again. RFC 9114 §4.1.1, RFC 9110 §9.2.2 */
export class UnprocessedRequest extends Error {
  constructor(cause: unknown) {
    super('the server did not process the request', { cause });
    this.name = 'UnprocessedRequest';
  }
}
