// A fine clock for what runs at this moment: ten times a second, and only while something does.

/** Tenths of a second are what is shown; quicker is not read. */
const TICK_MS = 100;

/** For a component's start. */
export function ticking(runs: () => boolean): { readonly ms: number } {
  let ms = $state(Date.now());
  const on = $derived(runs());
  $effect(() => {
    if (!on) return undefined;
    ms = Date.now();
    const timer = setInterval(() => {
      if (!document.hidden) ms = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return {
    get ms() {
      return ms;
    },
  };
}
