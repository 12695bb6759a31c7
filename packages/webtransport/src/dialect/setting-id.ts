import type { Settings } from '@tsquic/http3';

/** Settings by which ends tell that they speak WebTransport: each draft that changed something changed the number. */
export const WebTransportSetting = {
  /** ENABLE_WEBTRANSPORT of drafts 00 to 06: 0 or 1. */
  Draft02: 0x2b603742,
  /** WEBTRANSPORT_MAX_SESSIONS of draft 07. */
  Draft07: 0xc671706a,
  /** WT_MAX_SESSIONS of drafts 13 and 14. */
  Draft13: 0x14e9cd29,
  /** WT_ENABLED of drafts 15 and newer: 0 or 1. */
  Draft15: 0x2c7cf000,
} as const;

/** The initial limits of a session. draft-ietf-webtrans-http3 §5.5 */
export const LimitSetting = {
  MaxData: 0x2b61,
  MaxStreamsUni: 0x2b64,
  MaxStreamsBidi: 0x2b65,
} as const;

/** The value of a setting, 0 where it was not told. RFC 9114 §7.2.4.1 */
export function settingOf(settings: Settings, id: number): number {
  return settings.get(id) ?? 0;
}
