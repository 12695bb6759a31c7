/**
 * Memory that content of messages is read into before it is copied. It holds nothing between calls, so that all connections of a process
 * share it.
 */
export const contentScratch: Uint8Array = new Uint8Array(65_536);
