// Webhooks: made, changed and removed by the Appwrite API, for which they belong to the project `console`; looked at, with
// their deliveries, by the console's own.
import { ApiError, call } from './http';
import { query } from './query';
import type { Page } from './types';
import type { Delivery, DeliveryDetail, Webhook, WebhookSecrets, WebhookSettings } from './types-webhooks';

const path = (project: string, parts: string[]) => ['projects', project, 'webhooks', ...parts].map(encodeURIComponent).join('/');
const at = (project: string, ...parts: string[]) => `/console/api/${path(project, parts)}`;
const appwrite = (project: string, ...parts: string[]) => `/v1/${path(project, parts)}`;

export async function createWebhook(project: string, settings: WebhookSettings): Promise<string> {
  const made = await call<{ $id: string }>(appwrite(project), { method: 'POST', project: 'console', json: settings });
  return made.$id;
}

export function updateWebhook(project: string, id: string, settings: WebhookSettings): Promise<unknown> {
  return call(appwrite(project, id), { method: 'PUT', project: 'console', json: settings });
}

export function deleteWebhook(project: string, id: string): Promise<void> {
  return call(appwrite(project, id), { method: 'DELETE', project: 'console' });
}

/** All of them, oldest first, without their secrets. */
export async function webhooks(project: string): Promise<Webhook[]> {
  return (await call<{ webhooks: Webhook[] }>(at(project))).webhooks;
}

export async function webhook(project: string, id: string): Promise<Webhook> {
  const found = (await webhooks(project)).find((one) => one.id === id);
  if (found === undefined) throw new ApiError(404, `There is no webhook ${id}`);
  return found;
}

export function webhookSecrets(project: string, id: string): Promise<WebhookSecrets> {
  return call(at(project, id, 'secrets'));
}

/** Newest first. `search` looks at the names of events and at the status: every word. */
export async function deliveries(
  project: string,
  id: string,
  params: { search: string; limit: number; offset: number },
): Promise<Page<Delivery>> {
  const list = at(project, id, 'deliveries') + query({ ...params, orderType: 'DESC' });
  const { sum, deliveries: rows } = await call<{ sum: number; deliveries: Delivery[] }>(list);
  return { sum, rows };
}

export function delivery(project: string, id: string, deliveryId: string): Promise<DeliveryDetail> {
  return call(at(project, id, 'deliveries', deliveryId));
}

/** Sends what it told once more, to where the webhook points by now; answers the new delivery. */
export function sendAgain(project: string, id: string, deliveryId: string): Promise<DeliveryDetail> {
  return call(at(project, id, 'deliveries', deliveryId, 'again'), { method: 'POST', json: {} });
}
