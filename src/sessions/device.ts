import Bowser from 'bowser';

/** Longer than any real browser's; what is beyond is somebody's experiment. */
const USER_AGENT_CHARS_MAX = 512;

/** A friendly name for the browser behind a `User-Agent` header: "Firefox on Linux". Never empty, never markup. */
export function describeDevice(userAgent: string | undefined): string {
  if (!userAgent) return 'Unknown browser';
  const { browser, os, platform } = Bowser.parse(userAgent.slice(0, USER_AGENT_CHARS_MAX));
  const place = platform.vendor === 'Apple' && platform.model ? platform.model : os.name;
  return [plain(browser.name) ?? 'Unknown browser', plain(place)].filter(Boolean).join(' on ');
}

/** Only letters, digits and a few signs survive: the name is shown on pages and terminals. */
function plain(name: string | undefined): string | undefined {
  const kept = name
    ?.replace(/[^\p{L}\p{N} ._-]/gu, '')
    .trim()
    .slice(0, 40);
  return kept === '' ? undefined : kept;
}
