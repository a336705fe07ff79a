// How the tests start a browser: Debian's Chromium, headless, speaking to loopback alone.
import { chromium } from 'playwright-core';

/** `hosts`: names that shall lead to this machine, as an attacker's name server or a developer's hosts file says. */
export function launch(hosts = []) {
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ');
  return chromium.launch({
    // It reads file names in the letters of the locale, and a bare machine has none but ASCII.
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(rules ? [`--host-resolver-rules=${rules}`] : []),
    ],
  });
}
