// The console's door: who may come in, and which projects there are.
// A token arrives in the fragment of the one-time link; it is spent once and leaves the address bar at once.
import * as api from '$lib/api/console';
import { ApiError, reason, whenUnauthorized } from '$lib/api/http';
import { forgetProof, keepProof, whenProofChanged } from '$lib/api/proof';
import type { Project, StreamEvent } from '$lib/api/types';
import { recall, remember } from '$lib/backend/web';
import { hrefOf, listPlace, tokenOf, type Place } from '$lib/routes';
import { router } from './router.svelte';

export type Door =
  | { state: 'checking' }
  /** No session. `spent`: there was a link, but it was used before or is too old. */
  | { state: 'closed'; spent: boolean }
  | { state: 'unreachable'; why: string }
  | { state: 'open' };

class Session {
  door = $state.raw<Door>({ state: 'checking' });
  projects = $state.raw<Project[]>([]);
  /** The project that is shown: the one in the address, else the first. */
  readonly project: string = $derived(
    this.projects.find((project) => project.id === router.project)?.id ?? this.projects[0]?.id ?? '',
  );
  /** A project that the address names and that is not here. */
  readonly missing: string | null = $derived(router.project === null || router.project === this.project ? null : router.project);
  #checking = false;
  /** Something changed while the server was asked: its answer is of before. */
  #again = false;

  constructor() {
    whenUnauthorized(() => void this.check());
    // Another tab spent a link or signed out; both hold for this one too.
    whenProofChanged(() => void this.check());
    // A link pasted into a tab that is open already changes nothing but the fragment.
    window.addEventListener('hashchange', () => void this.enter());
    // The link may have been opened in another tab: coming back to this one looks again.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.door.state !== 'open') void this.check();
    });
  }

  /** Spends the token of the address, if there is one, then asks who we are. */
  async enter(): Promise<void> {
    const token = tokenOf(location.hash);
    if (token === null) return this.check();
    history.replaceState(null, '', location.pathname + location.search);
    try {
      keepProof((await api.redeem(token)).proof);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.door = { state: 'unreachable', why: reason(error) };
        return undefined;
      }
      // A spent link does not matter to who has a session already.
      return this.check(true);
    }
    return this.check();
  }

  /** Asks the server whether the session stands. */
  async check(spent = false): Promise<void> {
    if (this.#checking) {
      this.#again = true;
      return;
    }
    this.#checking = true;
    try {
      const { projects } = await api.session();
      this.projects = projects;
      if (this.door.state !== 'open') this.#openLastProject();
      this.door = { state: 'open' };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.door = { state: 'closed', spent };
      // An open page stays: its banner says that the server is gone, and what was loaded can still be read.
      else if (this.door.state !== 'open') this.door = { state: 'unreachable', why: reason(error) };
    } finally {
      this.#checking = false;
    }
    if (!this.#again) return undefined;
    this.#again = false;
    return this.check(spent);
  }

  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch {
      // Without the proof the session opens nothing, so this browser is out whatever became of the cookie.
    }
    forgetProof();
    this.door = { state: 'closed', spent: false };
  }

  switchTo(project: string): void {
    remember('project', project);
    router.go(listPlace('functions'), { project: this.#inAddress(project) });
  }

  /** One that was just made here: known before the stream tells of it. */
  add(project: Project): void {
    if (!this.projects.some(({ id }) => id === project.id)) this.projects = [...this.projects, project];
  }

  heard(event: StreamEvent): void {
    if (event.type === 'project' || event.type === 'resync') void this.check();
  }

  /** The address of a place in the project that is shown, whatever the present address names. */
  href(place: Place): string {
    return hrefOf(place, this.#inAddress(this.project));
  }

  #inAddress(project: string): string | null {
    return project === this.projects[0]?.id ? null : project;
  }

  /** The bare address opens what was open last; every other address means what it says. */
  #openLastProject(): void {
    const last = recall('project');
    if (location.pathname !== '/' || router.project !== null || !this.projects.some(({ id }) => id === last)) return;
    router.go(router.place, { replace: true, project: this.#inAddress(last ?? '') });
  }
}

export const session = new Session();
