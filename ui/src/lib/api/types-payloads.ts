// Data to execute a function with: saved under a name, or what its executions had lately. And the first steps.

export interface SavedPayload {
  id: string;
  name: string;
  data: string;
  /** When its data was saved last. */
  savedAtMs: number;
}

export interface RecentData {
  /** The newest execution that had it. */
  executionId: string;
  atMs: number;
  data: string;
}

export interface Payloads {
  /** By name. */
  payloads: SavedPayload[];
  /** Newest first, each data once. */
  recent: RecentData[];
}

/** How far somebody is who begins, from what is there. */
export interface Welcome {
  /** Done or dismissed, once and for all. */
  over: boolean;
  /** The newest function. */
  functionId: string | null;
  executed: boolean;
  /** Whether a save became live, beyond what a folder held when it was linked. */
  saved: boolean;
  /** Where a sample's folder would go; null where there is no home folder. */
  folder: string | null;
}
