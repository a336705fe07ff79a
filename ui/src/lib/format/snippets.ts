// "Call it from code": the shortest call of this function in the languages people ask from.
import { shellQuote } from './shell';

export type SnippetLanguage = 'javascript' | 'python' | 'curl';

export interface SnippetTarget {
  functionId: string;
  projectId: string;
  /** Such as http://127.0.0.1:4747/v1. */
  endpoint: string;
}

export const SNIPPET_LANGUAGES: readonly { id: SnippetLanguage; label: string }[] = [
  { id: 'javascript', label: 'JavaScript' },
  { id: 'python', label: 'Python' },
  { id: 'curl', label: 'curl' },
];

/** Ids hold no quote or backslash (see ids.ts), so they can stand in quotes as they are. */
export function snippet(language: SnippetLanguage, { functionId, projectId, endpoint }: SnippetTarget): string {
  switch (language) {
    case 'javascript':
      return `functions.createExecution(\n  '${functionId}', data)`;
    case 'python':
      return `functions.create_execution(\n  '${functionId}', data)`;
    case 'curl':
      return [
        `curl ${shellQuote(`${endpoint}/functions/${functionId}/executions`)} \\`,
        `  -H ${shellQuote(`X-Appwrite-Project: ${projectId}`)} \\`,
        `  -H "X-Appwrite-Key: $APPWRITE_KEY" \\`,
        `  -d ${shellQuote('data=hello')}`,
      ].join('\n');
  }
}
