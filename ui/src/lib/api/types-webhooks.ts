// Webhooks and what became of telling them, as the console's own API says it.

export interface Attempt {
  atMs: number;
  tookMs: number;
  /** Of the answer; null where none came. */
  status: number | null;
  /** Why it does not count as delivered. */
  error: string | null;
  /** How the answer began. */
  answer: string;
}

export interface Delivery {
  id: string;
  eventId: string;
  /** The name of that. */
  event: string;
  createdAtMs: number;
  status: 'waiting' | 'delivered' | 'failed';
  /** While it waits. */
  nextAtMs: number | null;
  maxAttempts: number;
  /** The first one first. */
  attempts: Attempt[];
}

export interface DeliveryDetail extends Delivery {
  payload: unknown;
  /** False where the payload went with its event. */
  payloadKnown: boolean;
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[];
  /** Whether the certificate of an https address is checked. */
  security: boolean;
  httpUser: string;
  hasPassword: boolean;
  createdAtMs: number;
  /** Deliveries that wait. */
  waiting: number;
  /** The newest delivery that does not. */
  last: Delivery | null;
}

/** What is fetched for one webhook when it is asked for. */
export interface WebhookSecrets {
  httpPass: string;
  signatureKey: string;
}

/** What POST and PUT take. PUT resets what it is not given, so every field is required here. */
export interface WebhookSettings {
  name: string;
  url: string;
  events: string[];
  security: boolean;
  httpUser: string;
  httpPass: string;
}
