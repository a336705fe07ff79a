// What was typed into Execute, per function, until the page is left. In memory alone: data may hold secrets.

const drafts = new Map<string, string>();

export function draft(project: string, functionId: string): string {
  return drafts.get(`${project}/${functionId}`) ?? '';
}

export function keepDraft(project: string, functionId: string, data: string): void {
  drafts.set(`${project}/${functionId}`, data);
}
