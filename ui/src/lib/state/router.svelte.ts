// The current place, the way to another, and the links of the page. The addresses themselves are routes.ts.
import { hrefOf, parsePlace, type Place } from '$lib/routes';

class Router {
  #path = $state(location.pathname);
  #query = $state(location.search);
  readonly place: Place = $derived(parsePlace(this.#path, this.#query));
  /** The project that the address names; null for the first one. */
  readonly project: string | null = $derived(new URLSearchParams(this.#query).get('project'));

  constructor() {
    window.addEventListener('popstate', () => {
      this.#read();
    });
  }

  href(place: Place): string {
    return hrefOf(place, this.project);
  }

  go(place: Place, how: { replace?: boolean; project?: string | null } = {}): void {
    this.goTo(hrefOf(place, how.project === undefined ? this.project : how.project), how.replace);
  }

  goTo(href: string, replace = false): void {
    if (replace) history.replaceState(null, '', href);
    else history.pushState(null, '', href);
    this.#read();
  }

  /** Plain clicks on links of our own become steps inside the page; every other click is the browser's. */
  follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    event.preventDefault();
    const href = link.pathname + link.search;
    if (href !== location.pathname + location.search) this.goTo(href);
  }

  #read(): void {
    this.#path = location.pathname;
    this.#query = location.search;
  }
}

export const router = new Router();
