import { createRequire } from 'node:module';
import type * as Puppeteer from 'puppeteer-core';

// The hook that translates TypeScript resolves by rules of its own, which the ES modules of puppeteer-core do not know.
const puppeteer = createRequire(import.meta.url)('puppeteer-core') as typeof Puppeteer;

/** Starts a browser. */
export const { launch } = puppeteer;
