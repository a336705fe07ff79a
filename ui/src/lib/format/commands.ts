// Commands of the `drydock` program that the console offers to copy.
import { shellQuote } from './shell';

/** What the program assumes when it is told nothing. */
const DEFAULT_PROJECT = 'default';

function inProject(command: string, project: string): string {
  return project === DEFAULT_PROJECT ? command : `${command} --project ${shellQuote(project)}`;
}

export function createFunctionCommand(project: string): string {
  return inProject('drydock functions create --id hello --name hello --runtime node-20.0', project);
}

/** To be run in the folder that holds the code. */
export function uploadCommand(project: string, functionId: string, command: string): string {
  return inProject(`drydock tags create ${functionId} --code . --command ${shellQuote(command)} --activate`, project);
}

/** It makes and prints a password. */
export function createUserCommand(project: string): string {
  return inProject('drydock users create --email ada@example.com', project);
}

/** With a sample as its payload. */
export function emitCommand(project: string, name = 'users.create'): string {
  return inProject(`drydock events emit ${name}`, project);
}

/** With every scope; it prints the secret. */
export function createKeyCommand(project: string): string {
  return inProject('drydock keys create --name ci', project);
}
