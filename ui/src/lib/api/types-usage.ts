// How much a function ran, as the Appwrite API says it.

export const RANGES = ['24h', '7d', '30d', '90d'] as const;
export type UsageRange = (typeof RANGES)[number];

export interface UsagePoint {
  value: number;
  /** When its half-hour, or its day in UTC, begins: seconds. */
  date: number;
}

/** Oldest first, one point for each half-hour or day, also where nothing ran. */
export interface Usage {
  range: UsageRange;
  functionsExecutions: UsagePoint[];
  functionsFailures: UsagePoint[];
  /** Milliseconds. */
  functionsCompute: UsagePoint[];
}
