import { SettingId, type Settings } from '@tsquic/http3';
import { LimitSetting, WebTransportSetting } from '../dialect/setting-id.ts';

/** A browser, by what it announces, and what it wants to find in the server's SETTINGS before it asks for a session. */
export interface BrowserRule {
  /** The browser, and the version whose behaviour this is. */
  readonly browser: string;
  recognizes(settings: Settings): boolean;
  /** Settings that must not be 0. One of the lists is enough. */
  readonly needs: readonly (readonly number[])[];
}

/** Of those that can be told apart. */
const BROWSER_RULES: readonly BrowserRule[] = [
  {
    browser: 'Chromium 156',
    recognizes: (settings) =>
      settings.get(SettingId.MaxFieldSectionSize) === 16_384 && announces(settings, 100),
    needs: [[WebTransportSetting.Draft02, SettingId.H3Datagram]],
  },
  {
    browser: 'Firefox 153',
    recognizes: (settings) => announces(settings, 20),
    needs: [[WebTransportSetting.Draft02]],
  },
  {
    browser: 'Safari 26',
    recognizes: (settings) =>
      settings.has(WebTransportSetting.Draft13) && !settings.has(WebTransportSetting.Draft15),
    needs: [
      [
        WebTransportSetting.Draft13,
        LimitSetting.MaxData,
        LimitSetting.MaxStreamsBidi,
        LimitSetting.MaxStreamsUni,
      ],
      [WebTransportSetting.Draft07],
    ],
  },
];

function announces(settings: Settings, blockedStreams: number): boolean {
  return (
    settings.get(SettingId.QpackMaxTableCapacity) === 65_536 &&
    settings.get(SettingId.QpackBlockedStreams) === blockedStreams
  );
}

/** The rule of the browser that announces these settings; undefined for a client that is not known. */
export function ruleFor(settings: Settings): BrowserRule | undefined {
  return BROWSER_RULES.find((rule) => rule.recognizes(settings));
}

/** What a browser misses in the server's settings, as numbers of settings; none where it is content. */
export function missedSettings(rule: BrowserRule, ours: Settings): readonly number[] {
  const lists = rule.needs.map((list) => list.filter((id) => (ours.get(id) ?? 0) === 0));
  return lists.toSorted((a, b) => a.length - b.length)[0]!;
}
