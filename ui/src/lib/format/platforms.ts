// The kinds of app that may call a project from a browser or a device, and by what each is known.

export interface PlatformKind {
  type: string;
  label: string;
  /** A browser sends the host name of the page; an app its package or bundle. */
  by: 'hostname' | 'key';
  /** What the field is called, and an example for it. */
  field: string;
  example: string;
}

const WEB = { by: 'hostname', field: 'Host name', example: 'app.example.com' } as const;
const PACKAGE = { by: 'key', field: 'Package name', example: 'com.example.app' } as const;
const BUNDLE = { by: 'key', field: 'Bundle ID', example: 'com.example.app' } as const;

export const PLATFORM_KINDS: readonly PlatformKind[] = [
  { type: 'web', label: 'Web app', ...WEB },
  { type: 'flutter-ios', label: 'Flutter, iOS', ...BUNDLE },
  { type: 'flutter-android', label: 'Flutter, Android', ...PACKAGE },
  { type: 'flutter-linux', label: 'Flutter, Linux', ...PACKAGE },
  { type: 'flutter-macos', label: 'Flutter, macOS', ...BUNDLE },
  { type: 'flutter-windows', label: 'Flutter, Windows', ...PACKAGE },
  { type: 'apple-ios', label: 'iOS', ...BUNDLE },
  { type: 'apple-macos', label: 'macOS', ...BUNDLE },
  { type: 'apple-watchos', label: 'watchOS', ...BUNDLE },
  { type: 'apple-tvos', label: 'tvOS', ...BUNDLE },
  { type: 'android', label: 'Android', ...PACKAGE },
  { type: 'unity', label: 'Unity', ...PACKAGE },
];

export function platformLabel(type: string): string {
  return PLATFORM_KINDS.find((kind) => kind.type === type)?.label ?? type;
}

/** Somebody who pastes an address means its host: `https://app.example.com:3000/x` → `app.example.com`. */
export function hostOf(text: string): string {
  const trimmed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  try {
    return new URL(address).hostname;
  } catch {
    return trimmed;
  }
}
